# The dashboard in a container:
#   docker build -t costmodel .
#   docker run --rm -p 8501:8501 costmodel      then open http://localhost:8501
# Served under another name, the container has to know it:
#   docker run -e STREAMLIT_SERVER_ALLOWED_HOSTS=costs.example.org ...
# --build-arg WITH_TORCH=1 adds torch and fvcore, for checking and measuring from the page, and
# --build-arg TORCH_INDEX=URL says where torch's wheel comes from.

FROM python:3.11-slim AS build
ARG WITH_TORCH=0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /opt/costmodel
WORKDIR /src
COPY pyproject.toml requirements.txt README.md LICENSE ./
COPY costmodel ./costmodel
COPY data ./data
# The extras say what is needed, requirements.txt which version of it.
RUN if [ "$WITH_TORCH" = 1 ]; \
    then set -- ".[app,torch]" --extra-index-url "$TORCH_INDEX"; \
    else set -- ".[app]"; \
    fi \
    && /opt/costmodel/bin/pip install --no-cache-dir --constraint requirements.txt "$@"

FROM python:3.11-slim
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
ENTRYPOINT ["python", "-m", "streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501"]
