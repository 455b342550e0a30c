# syntax=docker/dockerfile:1
# fairlab: the app and its training process. docs/deploy.md says how to run it.
#
#   docker build -t fairlab .
#
# Nothing secret goes into the image: tokens and passwords are given when it is started.

ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Compilers, for processors some package has no wheel for; they stay in this stage.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends build-essential cmake \
 && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY pyproject.toml README.md LICENSE app.py ./
COPY .streamlit/config.toml .streamlit/config.toml
COPY pages pages
COPY datasets datasets
COPY fairlab fairlab
RUN pip install --no-deps --editable . \
 && python -m compileall -q /app
RUN pip check && python -c "import fairlab, streamlit, torch"

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="fairlab" \
      org.opencontainers.image.licenses="MIT"
# A user without a shell; its number is fixed, so that volumes keep their owner.
RUN groupadd --gid 10001 fairlab \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin fairlab \
 && install --directory --owner=fairlab --group=fairlab --mode=0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# Writes go to /data (runs, tables, worker.log) and /tmp only: the root may be read-only.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    NUMBA_CACHE_DIR=/tmp/numba \
    FAIRLAB_HOME=/data
WORKDIR /app
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/api/ready', timeout=4)"]
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true"]
