# The dashboard in a container:
#   docker build -t costmodel .
#   docker run --rm -p 8501:8501 costmodel      then open http://localhost:8501
# Served under another name, the container has to know it:
#   docker run -e STREAMLIT_SERVER_ALLOWED_HOSTS=costs.example.org ...
# --build-arg WITH_TORCH=1 adds what `make run` has beyond the dashboard: torch and fvcore, for checking
# and measuring from the page, and the readers of other formats. --build-arg TORCH_INDEX=URL says where
# torch's wheel comes from.
#
# The base image stands by its tag: its digest changes with every security update, and which one is
# current could not be looked up where this was written. To build on one that you have checked:
#   docker build --build-arg BASE=python:3.11-slim@sha256:... -t costmodel .

ARG BASE=python:3.11-slim
FROM ${BASE} AS build
ARG WITH_TORCH=0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /opt/costmodel
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY locks ./locks
COPY costmodel ./costmodel
COPY data ./data
# Every package is what its lock says, to the byte, but torch; locks/torch.txt says why.
RUN install() { /opt/costmodel/bin/pip install --no-cache-dir "$@"; } \
    && install --require-hashes --no-deps --requirement locks/build.txt \
    && set -- --requirement locks/app.txt \
    && if [ "$WITH_TORCH" = 1 ]; then set -- "$@" --requirement locks/all.txt; fi \
    && install --require-hashes --no-deps --no-build-isolation "$@" \
    && if [ "$WITH_TORCH" = 1 ]; \
    then install --extra-index-url "$TORCH_INDEX" --requirement locks/torch.txt; \
    fi \
    && install --no-deps --no-build-isolation .

FROM ${BASE}
RUN useradd --create-home --uid 1000 costmodel
COPY --from=build /opt/costmodel /opt/costmodel
ENV PATH=/opt/costmodel/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
COPY app.py ./
COPY .streamlit ./.streamlit
USER costmodel
EXPOSE 8501
# /_stcore/health is the one address that answers for the server; slim images have no curl.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
ENTRYPOINT ["python", "-m", "costmodel.dashboard.served.start", "app.py", "--server.address=0.0.0.0", "--server.port=8501"]
