# One container runs the app and its worker. Data, runs and saved matrices live in the volume /data.
#   docker build -t costlab . && docker run --init -p 127.0.0.1:8501:8501 -v costlab:/data costlab
# For a GPU add `--gpus all`. PIP_ARGS takes further words for pip, such as an index with CPU-only builds of torch.
FROM python:3.12-slim

ARG PIP_ARGS=""
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 COSTLAB_HOME=/data COSTLAB_PORT=8501

RUN useradd --create-home --uid 1000 costlab && mkdir /data && chown costlab:costlab /data
WORKDIR /app
COPY requirements.txt ./
RUN pip install $PIP_ARGS -r requirements.txt
COPY . .
RUN pip install --no-deps -e .

USER costlab
VOLUME /data
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s --retries=3 CMD ["python", "-c", "import os, sys, urllib.request as r; sys.exit(r.urlopen('http://127.0.0.1:' + os.environ['COSTLAB_PORT'] + '/_stcore/health', timeout=3).read().strip() != b'ok')"]
CMD ["sh", "-c", "exec costlab up --host 0.0.0.0 --port $COSTLAB_PORT"]
