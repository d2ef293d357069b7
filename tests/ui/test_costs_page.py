"""The Costs page without a browser: its address, its menus, what it refuses, what it hands to the other pages."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from costlab.costs import CostMatrix
from costlab.datasets import DATASETS
from costlab.notes import to_json
from costlab.store import Store
from costlab.ui.session import get_store

PAGE = str(Path(__file__).parents[2] / "pages" / "costs.py")


@pytest.fixture(autouse=True)
def fresh_store() -> Store:
    """A store in this test's own home."""
    get_store.clear()
    return get_store()


def page(**address: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=30)
    for key, value in address.items():
        app.query_params[key] = value
    return app.run()


def draft(app: AppTest, name: str) -> CostMatrix:
    return app.session_state["drafts"][name]


def sentences(app: AppTest) -> str:
    shown = [*app.warning, *app.error, *app.subheader, *app.caption, *app.markdown, *app.text]
    return "\n".join(element.value.replace("\\", "").replace("\u2060", "") for element in shown)


def remarks(app: AppTest) -> list[str]:
    """The doctor's sentences, each of which begins with a sign."""
    plain = [e.value.replace("\\", "").replace("\u2060", "").replace("\u202f", "\u2009") for e in app.markdown]
    signs = (":material/info: ", ":orange[:material/warning:] ")
    return [text.removeprefix(sign) for text in plain for sign in signs if text.startswith(sign)]


def open_menu(app: AppTest, name: str) -> AppTest:
    app.session_state[f"menu-{name}"] = True
    return app.run()


def test_it_begins_with_the_suggested_costs_and_their_dearest_mistake() -> None:
    app = page(dataset="surface_defects")
    assert not app.exception
    assert draft(app, "surface_defects") == DATASETS["surface_defects"].module.cost()
    assert app.subheader[0].value.replace("\\", "").startswith("A 'crack' called 'ok' costs 100 EUR")
    assert "Not changed yet" in sentences(app)
    assert "Rows are the truth, columns the decision." in sentences(app)


def test_a_cost_set_for_one_cell_changes_the_draft_and_its_sentence_and_undo_restores_it() -> None:
    app = page(dataset="surface_defects")
    app.text_input(key="cell-cost").set_value("1/4").run()
    assert draft(app, "surface_defects").values[3, 0] == 0.25
    assert "costs 0.25 EUR" in sentences(app)
    assert "Unsaved changes" in sentences(app)
    app.button(key="costs-undo").click().run()
    assert draft(app, "surface_defects").values[3, 0] == 100
    app.button(key="costs-redo").click().run()
    assert draft(app, "surface_defects").values[3, 0] == 0.25


def test_the_boxes_choose_the_cell() -> None:
    app = page(dataset="surface_defects")
    app.selectbox(key="cell-truth").select(0)
    app.selectbox(key="cell-decision").select(3).run()
    assert "An 'ok' called 'crack' costs 1 EUR" in sentences(app)


def test_a_refused_cost_is_named_and_the_last_valid_one_goes_on() -> None:
    app = page(dataset="surface_defects")
    app.text_input(key="cell-cost").set_value("abc").run()
    assert "The cost of 'crack' called 'ok': 'abc' is not a number." in sentences(app)
    assert app.text_input(key="cell-cost").value == "abc"
    assert draft(app, "surface_defects").values[3, 0] == 100


def test_a_preset_replaces_the_costs() -> None:
    app = open_menu(page(dataset="digits"), "start")
    app.selectbox(key="preset").select("one_dear").run()
    app.button(key="start-Replace the costs").click().run()
    assert draft(app, "digits").values[9].tolist() == [50.0] * 9 + [0.0]
    assert draft(app, "digits").values[0].tolist() == [0.0] + [1.0] * 9


def test_a_referral_is_added_and_removed() -> None:
    app = open_menu(page(dataset="digits"), "adjust")
    app.text_input(key="extra-cost").set_value("2,5").run()
    app.button(key="adjust-Add the decision").click().run()
    assert draft(app, "digits").decisions[10:] == ("refer to a human",)
    assert draft(app, "digits").values[:, 10].tolist() == [2.5] * 10
    open_menu(app, "adjust").button(key="adjust-Remove it").click().run()
    assert draft(app, "digits").decisions == tuple("0123456789")


def test_what_a_menu_refuses_is_said_in_it_and_changes_nothing() -> None:
    app = open_menu(page(dataset="digits"), "adjust")
    app.text_input(key="factor").set_value("many").run()
    app.button(key="adjust-Multiply").click().run()
    assert "The factor: 'many' is not a number." in sentences(app)
    assert draft(app, "digits") == DATASETS["digits"].module.cost()
    assert app.session_state["menu-adjust"] is True


def test_a_saved_matrix_comes_back_by_its_address() -> None:
    app = page(dataset="surface_defects")
    app.text_input(key="cell-cost").set_value("250").run()
    open_menu(app, "save").text_input(key="save-name-").set_value("May prices").run()
    app.button(key="save-Save").click().run()
    assert "Saved as 'May prices'" in sentences(app)
    assert app.query_params["matrix"] == "May prices"
    again = page(dataset="surface_defects", matrix="May prices")
    assert draft(again, "surface_defects").values[3, 0] == 250
    assert draft(again, "surface_defects").name == "May prices"
    alone = page(matrix="May prices")
    assert draft(alone, "surface_defects").values[3, 0] == 250


def test_a_change_to_a_saved_matrix_stands_beside_it_in_the_address() -> None:
    get_store().save_matrix("mine", DATASETS["digits"].module.cost())
    app = page(dataset="digits", matrix="mine")
    app.text_input(key="cell-cost").set_value("77").run()
    assert app.query_params["matrix"] == "mine"
    assert app.query_params["edit"] == "0.9:77"
    assert "Unsaved changes to 'mine'" in sentences(app)


def test_a_matrix_about_other_classes_is_shown_with_its_own() -> None:
    get_store().save_matrix("pets", CostMatrix.zero_one(["cat", "dog"]))
    app = page(dataset="digits", matrix="pets")
    assert "shown with its own classes" in sentences(app)
    assert draft(app, "own-classes").classes == ("cat", "dog")
    assert app.query_params["dataset"] == "own-classes"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ({"dataset": "digts"}, "did you mean 'digits'?"),
        ({"dataset": "digits", "matrix": "gone"}, "There is no saved matrix 'gone'"),
        ({"dataset": "../x"}, "There is no data set named '../x'"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_in_one_sentence(address: dict[str, str], sentence: str) -> None:
    app = page(**address)
    assert not app.exception
    assert sentence in sentences(app)
    assert len(app.warning) == 1
    app.run()
    assert len(app.warning) == 0


def test_deleting_asks_first_and_takes_the_name_off_the_draft() -> None:
    get_store().save_matrix("mine", DATASETS["digits"].module.cost())
    app = open_menu(page(dataset="digits", matrix="mine"), "saved")
    app.button(key="saved-delete").click().run()
    assert get_store().matrix("mine")
    app.button(key="saved-Delete it for good").click().run()
    assert get_store().matrices() == []
    assert "Saved as" not in sentences(app)


def test_saving_under_a_known_name_warns_and_adds_a_revision() -> None:
    get_store().save_matrix("mine", DATASETS["digits"].module.cost())
    app = page(dataset="digits")
    app.text_input(key="cell-cost").set_value("77").run()
    open_menu(app, "save").text_input(key="save-name-").set_value("mine").run()
    assert "There is a matrix of this name, revision 1" in sentences(app)
    app.button(key="save-Save a new revision").click().run()
    assert [saved.revision for saved in get_store().matrix_history("mine")] == [2, 1]


def test_own_class_names_are_typed_and_keep_their_costs() -> None:
    app = page(dataset="own-classes")
    app.text_area(key="names").set_value("ok\ncrack").run()
    app.text_input(key="cell-cost").set_value("9").run()
    app.text_area(key="names").set_value("ok\ncrack\ndent").run()
    cost = draft(app, "own-classes")
    assert cost.classes == ("ok", "crack", "dent")
    assert cost.values[0].tolist() == [0, 9, 1]
    app.text_area(key="names").set_value("ok\nok").run()
    assert "named twice" in sentences(app)
    assert app.text_area(key="names").value == "ok\nok"
    assert draft(app, "own-classes") == cost


def test_an_import_is_checked_and_its_classes_must_fit() -> None:
    app = open_menu(page(dataset="digits"), "import")
    app.file_uploader(key="import-file").set_value(("x.csv", b"a,b\n1,2", "text/csv")).run()
    assert "Expected a table" in sentences(app)
    other = CostMatrix([[0, 3], [5, 0]], ["cat", "dog"], unit="EUR").to_csv().encode()
    app.file_uploader(key="import-file").set_value(("pets.csv", other, "text/csv")).run()
    assert "other classes than the data set" in sentences(app)
    assert draft(app, "digits") == DATASETS["digits"].module.cost()
    app.button(key="import-Open it with its own classes").click().run()
    assert draft(app, "own-classes").values.tolist() == [[0, 3], [5, 0]]


def test_an_import_takes_the_data_sets_order_of_classes() -> None:
    reverse = CostMatrix.ordinal("9876543210", power=2).to_json().encode()
    app = open_menu(page(dataset="digits"), "import")
    app.file_uploader(key="import-file").set_value(("r.json", reverse, "application/json")).run()
    app.button(key="import-Use these costs").click().run()
    assert draft(app, "digits").classes == tuple("0123456789")
    assert draft(app, "digits").values[0, 9] == 81


def test_a_hundred_classes_are_a_list_of_exceptions() -> None:
    names = [f"class {i}" for i in range(100)]
    get_store().save_matrix("many", CostMatrix.zero_one(names).replaced(3, 5, 7.0))
    app = page(matrix="many")
    assert not app.exception
    assert "A mistake costs 1 here, with 1 exception." in sentences(app)


def test_harmless_costs_get_no_remark() -> None:
    app = page(dataset="surface_defects")
    assert remarks(app) == []


def test_a_remark_follows_the_edit_that_it_is_about_and_goes_with_it() -> None:
    app = page(dataset="surface_defects")
    app.selectbox(key="cell-truth").select(3)
    app.selectbox(key="cell-decision").select(3).run()
    app.text_input(key="cell-cost").set_value("70").run()
    assert remarks(app)[0].startswith(
        "A 'crack' called 'dent' costs 30 EUR, but 70 EUR where it is rightly called 'crack' (2 other decisions cost"
    )
    assert "A mistake cheaper than being right" in sentences(app)
    app.button(key="costs-undo").click().run()
    assert remarks(app) == []


def test_costs_are_compared_with_the_suggestion_and_with_what_was_saved() -> None:
    app = open_menu(page(dataset="surface_defects"), "adjust")
    app.button(key="adjust-Multiply").click().run()
    assert remarks(app) == [
        "Every cost is ten times what it is in the suggested costs. The best decision stays the same for every image; "
        "only the sums change."
    ]
    cost = DATASETS["surface_defects"].module.cost()
    get_store().save_matrix("mine", cost.replaced(3, 0, 250))
    app = open_menu(page(dataset="surface_defects", matrix="mine"), "adjust")
    assert remarks(app) == []
    app.button(key="adjust-Multiply").click().run()
    assert remarks(app)[0].startswith("Every cost is ten times what it is in the saved 'mine'.")


def test_costs_that_are_turned_are_told_so_and_can_be_turned_back() -> None:
    cost = DATASETS["surface_defects"].module.cost()
    turned = CostMatrix(cost.values.T.copy(), cost.classes, unit="EUR")
    app = open_menu(page(dataset="surface_defects"), "import")
    app.file_uploader(key="import-file").set_value(("t.csv", turned.to_csv().encode(), "text/csv")).run()
    app.button(key="import-Use these costs").click().run()
    assert remarks(app)[0].startswith("These costs look like the suggested costs with truth and decision swapped")
    open_menu(app, "adjust").button(key="adjust-Swap truth and decision").click().run()
    assert remarks(app) == []
    assert draft(app, "surface_defects").values.tolist() == cost.values.tolist()


def test_a_file_whose_first_cell_says_predicted_is_doubted_before_it_is_used() -> None:
    app = open_menu(page(dataset="surface_defects"), "import")
    text = DATASETS["surface_defects"].module.cost().to_csv().replace("truth \\ decision (EUR)", "predicted")
    app.file_uploader(key="import-file").set_value(("p.csv", text.encode(), "text/csv")).run()
    assert "The first cell of the file reads 'predicted', as if its rows were decisions." in sentences(app)


def test_more_than_three_remarks_stand_in_a_box_with_their_number() -> None:
    cost = CostMatrix([[9, 0, 3], [1, 5, 3], [0, 0, 0]], ("ok", "crack", "dent")).with_referral(40)
    get_store().save_matrix("odd", cost)
    app = page(matrix="odd")
    assert not app.exception
    said = remarks(app)
    assert len(said) > 3
    assert [box.label for box in app.expander] == [f"{len(said)} remarks on these costs"]


def test_names_in_remarks_are_shown_as_they_are() -> None:
    get_store().save_matrix(
        "hostile", CostMatrix([[0, 1], [3000, 0]], ["**b** <img src=x>", "[x](http://a.b) :red[y]"])
    )
    app = page(matrix="hostile")
    assert not app.exception
    assert "the dearest mistake, a '[x](http://a.b) :red[y]' called '**b** <img src=x>'" in remarks(app)[0].lower()
    assert "\\*\\*b\\*\\*" in "".join(element.value for element in app.markdown)


def test_an_extra_decision_that_is_chosen_says_when_it_is_best() -> None:
    get_store().save_matrix("ask", CostMatrix.zero_one(["ok", "crack"]).with_referral(0.25, "ask"))
    app = page(matrix="ask")
    assert "is best, for example" not in sentences(app)
    app.selectbox(key="cell-decision").select(2).run()
    assert "'ask' is best, for example, when the chances are 'ok' 50 % and 'crack' 50 %." in sentences(app)


def test_unsaved_costs_come_back_from_the_address_and_undo_takes_them_back() -> None:
    app = page(dataset="surface_defects")
    app.text_input(key="cell-cost").set_value("1/4").run()
    assert dict(app.query_params) == {"dataset": "surface_defects", "edit": "3.0:0.25"}
    again = page(**app.query_params)
    assert draft(again, "surface_defects").values[3, 0] == 0.25
    assert "Unsaved changes" in sentences(again)
    again.button(key="costs-undo").click().run()
    assert draft(again, "surface_defects") == DATASETS["surface_defects"].module.cost()
    assert "edit" not in again.query_params


def test_changes_to_a_saved_matrix_come_back_from_the_address_on_top_of_it() -> None:
    cost = DATASETS["surface_defects"].module.cost()
    get_store().save_matrix("mine", cost.replaced(3, 0, 250))
    app = page(dataset="surface_defects", matrix="mine", edit="0.1:9")
    assert draft(app, "surface_defects").values[[3, 0], [0, 1]].tolist() == [250, 9]
    assert "Unsaved changes to 'mine'" in sentences(app)


def test_an_address_that_the_page_has_just_outdated_does_not_bring_old_costs_back() -> None:
    app = page(dataset="surface_defects")
    app.text_input(key="cell-cost").set_value("5").run()
    old = dict(app.query_params)
    app.text_input(key="cell-cost").set_value("6").run()
    for key, value in old.items():
        app.query_params[key] = value  # as a browser sends it that has not heard of the new one yet
    app.selectbox(key="cell-truth").select(2).run()
    assert draft(app, "surface_defects").values[3, 0] == 6
    assert app.query_params["edit"] == "3.0:6"


def test_an_edit_that_means_nothing_is_said_and_left_out() -> None:
    app = page(dataset="surface_defects", edit="9.9:1")
    assert not app.exception
    assert "The address says edit=9.9:1, which means nothing here; it is left out." in sentences(app)
    assert draft(app, "surface_defects") == DATASETS["surface_defects"].module.cost()


def test_what_an_address_cannot_say_is_told_before_it_is_lost() -> None:
    app = open_menu(page(dataset="digits"), "adjust")
    app.button(key="adjust-Add the decision").click().run()
    assert dict(app.query_params) == {"dataset": "digits"}


def test_the_reason_for_a_price_stays_with_its_cell_is_undone_saved_and_exported() -> None:
    app = page(dataset="surface_defects")
    app.text_input(key="cell-note").set_value("a recall, *all in all*").run()
    assert "Unsaved changes" in sentences(app)
    app.selectbox(key="cell-truth").select(0).run()
    assert app.text_input(key="cell-note").value == ""
    app.selectbox(key="cell-truth").select(3).run()
    assert app.text_input(key="cell-note").value == "a recall, *all in all*"
    app.button(key="costs-undo").click().run()
    assert app.text_input(key="cell-note").value == ""
    app.button(key="costs-redo").click().run()
    open_menu(app, "save").text_input(key="save-name-").set_value("May").run()
    app.text_input(key="save-agreed").set_value("Kim, Ada").run()
    app.button(key="save-Save").click().run()
    saved = get_store().matrix("May")
    assert (saved.notes, saved.agreed_by) == ({"3.0": "a recall, *all in all*"}, "Kim, Ada")
    assert "Saved as 'May'" in sentences(app)
    again = page(dataset="surface_defects", matrix="May")
    assert again.text_input(key="cell-note").value == "a recall, *all in all*"


def test_notes_follow_their_cells_into_the_order_of_a_data_set() -> None:
    cost = DATASETS["surface_defects"].module.cost()
    other = cost.for_classes(list(reversed(cost.classes)))  # stain, crack, dent, scratch, ok
    get_store().save_matrix("turned", other, notes={"1.4": "a recall"})
    app = page(dataset="surface_defects", matrix="turned")
    assert app.text_input(key="cell-note").value == "a recall"  # at crack, ok
    assert draft(app, "surface_defects").values.tolist() == cost.values.tolist()


def test_notes_travel_in_a_json_file() -> None:
    cost = DATASETS["surface_defects"].module.cost()
    content = to_json(cost.for_classes(list(reversed(cost.classes))), {"1.4": "a recall"}).encode()
    app = open_menu(page(dataset="surface_defects"), "import")
    app.file_uploader(key="import-file").set_value(("c.json", content, "application/json")).run()
    app.button(key="import-Use these costs").click().run()
    assert app.text_input(key="cell-note").value == "a recall"
    bad = content.replace(b'"crack",\n   "decision"', b'"crock",\n   "decision"')
    assert bad != content
    open_menu(app, "import").file_uploader(key="import-file").set_value(("c.json", bad, "application/json")).run()
    assert "A note in this file is about no cell of its costs" in sentences(app)


def test_the_history_tells_who_agreed_when_and_what_changed_and_opens_an_older_revision() -> None:
    cost = DATASETS["surface_defects"].module.cost()
    get_store().save_matrix("mine", cost, "first", "Kim")
    get_store().save_matrix("mine", cost.replaced(3, 0, 200), "recall", "Kim, Ada", {"3.0": "a recall"})
    app = open_menu(page(dataset="surface_defects", matrix="mine"), "saved")
    told = sentences(app)
    assert "Revision 2, saved just now, agreed by Kim, Ada. “recall”" in told
    assert "Revision 1, saved just now, agreed by Kim. “first”" in told
    assert "1 cost changed. 1 reason changed." in told
    assert "- 'crack' called 'ok': 100 → 200" in told
    app.button(key="saved-Open revision 1").click().run()
    assert draft(app, "surface_defects").values[3, 0] == 100
    assert "Revision 1 of 'mine'" in sentences(app)
    assert dict(app.query_params) == {"dataset": "surface_defects", "matrix": "mine", "revision": "1"}
    again = page(**app.query_params)
    assert draft(again, "surface_defects").values[3, 0] == 100
    app.button(key="costs-undo").click().run()
    assert draft(app, "surface_defects").values[3, 0] == 200
    assert "Saved as 'mine'" in sentences(app)
    open_menu(app, "saved").button(key="saved-Open revision 1").click().run()
    open_menu(app, "save").button(key="save-Save a new revision").click().run()
    assert get_store().matrix("mine").revision == 3
    assert get_store().matrix("mine").cost.values[3, 0] == 100


def test_a_revision_that_is_not_there_is_said_in_one_sentence() -> None:
    get_store().save_matrix("mine", DATASETS["digits"].module.cost())
    for revision, sentence in (("7", "has no revision 7, only 1 to 1"), ("x", "has no revision 'x'")):
        app = page(dataset="digits", matrix="mine", revision=revision)
        assert not app.exception
        assert sentence in sentences(app)
