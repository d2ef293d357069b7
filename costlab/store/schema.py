"""The tables. Change them only together with a step in `costlab.store.migrations`."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# The long texts come last: SQLite then reads a list of runs without touching the pages they spill over to.
runs = Table(
    "runs",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("run_group", String(80), nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, default=0),  # counts claims, never goes back: the fence for late events
    Column("losses", Integer, nullable=False, default=0),  # how often a worker was lost while it had the run
    Column("worker", String(120)),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("created", Float, nullable=False),  # all times are seconds since 1970
    Column("started", Float),
    Column("ended", Float),
    Column("fraction", Float, nullable=False, default=0.0),
    Column("seconds", Float, nullable=False, default=0.0),
    Column("reason", Text, nullable=False, default=""),
    Column("spec", Text, nullable=False),
    Column("prepared", Text),
    Column("test", Text),
    Column("log", Text, nullable=False, default=""),
)
Index("runs_by_state", runs.c.state, runs.c.serial)

# A number that is not finite is kept as NULL (SQLite would do that to NaN anyway) and read back as NaN.
epochs = Table(
    "epochs",
    metadata,
    Column("run", String(32), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seconds", Float),
    Column("train_loss", Float),
    Column("valid_loss", Float),
    Column("valid_accuracy", Float),
    Column("valid_cost", Float),
    Column("valid_least_expected_cost", Float),
)

confusions = Table(
    "confusions",
    metadata,
    Column("run", String(32), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("columns", Integer, nullable=False),
    Column("counts", LargeBinary, nullable=False),  # zlib of row-major little-endian uint32
)

matrices = Table(
    "matrices",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("saved", Float, nullable=False),
    Column("comment", Text, nullable=False, default=""),
    Column("agreed_by", Text, nullable=False, default=""),
    Column("cost", Text, nullable=False),
    Column("notes", Text, nullable=False, default="{}"),  # JSON: "truth.decision" by position, and the comment
    UniqueConstraint("name", "revision"),
)

catalogue = Table(
    "catalogue",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("published", Float, nullable=False),
    Column("body", Text, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("home", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Float, nullable=False),
    Column("heartbeat", Float, nullable=False),
    Column("slots", Text, nullable=False),
)
