# The gateway's image: Python, the gateway's own dependencies, and those rooms of the product that the gateway needs.
# BASE is any image with Python 3.11 or newer and its venv module; it is used for building and for running.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
RUN python3 -m venv /opt/doorwatch
COPY requirements/gateway.txt /tmp/gateway.txt
# Everything is pinned and hash-checked; only wheels, so that no compiler is needed on any processor.
RUN /opt/doorwatch/bin/python -m pip install --no-cache-dir --disable-pip-version-check --only-binary :all: \
      --require-hashes -r /tmp/gateway.txt \
 && /opt/doorwatch/bin/python -m pip uninstall --yes --quiet pip \
 && find /opt/doorwatch -depth -type d \( -name tests -o -name test -o -name __pycache__ \) -exec rm -rf {} +
COPY src/doorwatch/__init__.py src/doorwatch/py.typed /opt/doorwatch/app/doorwatch/
COPY src/doorwatch/domain /opt/doorwatch/app/doorwatch/domain
COPY src/doorwatch/wire /opt/doorwatch/app/doorwatch/wire
COPY src/doorwatch/spool /opt/doorwatch/app/doorwatch/spool
COPY src/doorwatch/pacs /opt/doorwatch/app/doorwatch/pacs
COPY src/doorwatch/gateway /opt/doorwatch/app/doorwatch/gateway
COPY src/doorwatch/cli/__init__.py src/doorwatch/cli/main.py src/doorwatch/cli/gateway.py /opt/doorwatch/app/doorwatch/cli/
COPY LICENSE /opt/doorwatch/
RUN printf '%s\n' '#!/opt/doorwatch/bin/python' 'from doorwatch.cli.main import run' 'run()' > /opt/doorwatch/bin/doorwatch \
 && chmod 755 /opt/doorwatch/bin/doorwatch \
 && PYTHONPATH=/opt/doorwatch/app /opt/doorwatch/bin/python -m compileall -q /opt/doorwatch/app \
 && mkdir -p /data && chown 10001:10001 /data

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Doorwatch gateway" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/doorwatch /opt/doorwatch
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/doorwatch/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/doorwatch/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DOORWATCH_DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["python", "-m", "doorwatch.gateway"]
CMD ["--config", "/etc/doorwatch/config/values.yaml"]
