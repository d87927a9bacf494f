# Pin a digest with: --build-arg BASE=python:3.13-slim@sha256:...
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /app
COPY requirements/serve.lock requirements/train.lock requirements/
# Without compiling, since copying may shift file times and stale .pyc files would be compiled anew at every start.
RUN python -m venv /serve && /serve/bin/pip install --no-cache-dir --no-compile --require-hashes -r requirements/serve.lock
RUN python -m venv /train && /train/bin/pip install --no-cache-dir --no-compile --require-hashes -r requirements/train.lock
COPY pyproject.toml README.md ./
COPY model model
COPY training training
COPY service service
RUN /train/bin/python -m pip wheel --no-deps --no-build-isolation --no-cache-dir --wheel-dir /wheels . \
 && /serve/bin/pip install --no-cache-dir --no-compile --no-deps --no-index /wheels/*.whl \
 && /serve/bin/pip uninstall --yes pip \
 # 20 MB that nothing serves with: numpy's tests, type stubs, the code that trains.
 && find /serve/lib \( -type d -name tests -o -name '*.pyi' -o -path '*/site-packages/training' \) -prune -exec rm -rf {} + \
 && /serve/bin/python -m compileall -q --invalidation-mode unchecked-hash /serve/lib

# Retrains into a mounted volume: docker build --target training -t stance-training .
# docker run --rm -v "$PWD:/data" stance-training python training/train.py --data /data/my.csv --out /data/models
FROM ${BASE} AS training
COPY --from=build /train /train
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/train/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp
USER 10001:10001
CMD ["python", "training/train.py", "--help"]

FROM ${BASE} AS archive
COPY requirements/bulk.lock /
RUN python -m venv /bulk && /bulk/bin/pip install --no-cache-dir --no-compile --require-hashes -r /bulk.lock
COPY --from=build /wheels /wheels
RUN /bulk/bin/pip install --no-cache-dir --no-compile --no-deps --no-index /wheels/*.whl \
 && /bulk/bin/pip uninstall --yes pip \
 # What nothing runs of it: tests, type stubs, C headers, the code that trains.
 && find /bulk/lib \( -type d -name tests -o -name '*.pyi' -o -path '*/pyarrow/include' -o -path '*/site-packages/training' \) -prune -exec rm -rf {} + \
 && /bulk/bin/python -m compileall -q --invalidation-mode unchecked-hash /bulk/lib

# Scores an archive: docker build --target bulk -t stance-bulk .
# docker run --rm -v "$PWD:/data" stance-bulk stance bulk /data/archive --out /data/out --models /data/models
FROM ${BASE} AS bulk
RUN python -m pip uninstall --yes --root-user-action ignore pip
COPY --from=archive /bulk /bulk
ENV PATH=/bulk/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp
USER 10001:10001
CMD ["stance", "bulk", "--help"]

FROM build AS trained
# Without the pickled pipeline: only scikit-learn reads it, which the image that serves does not have.
RUN PYTHONPATH=. /train/bin/python training/train.py --out /models && rm /models/*/model.joblib

FROM ${BASE} AS serve
# Nobody installs into the image, and the bill of materials does not list it.
RUN python -m pip uninstall --yes --root-user-action ignore pip
COPY --from=build /serve /serve
# Theirs who train into it: a volume mounted here takes over model and owner; the service itself gets it read-only.
COPY --from=trained --chown=10001:10001 /models /models
# Where a volume of corrections is mounted, which takes over the owner: nobody else's to read.
RUN install -d -o 10001 -g 10001 -m 700 /corrections
COPY service/gunicorn.conf.py /app/gunicorn.conf.py
WORKDIR /app
ENV PATH=/serve/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STANCE_MODELS=/models
EXPOSE 8000
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["gunicorn", "--config", "/app/gunicorn.conf.py"]
