# CPU:   docker build -t duologue .
# CUDA:  docker build -t duologue:cuda --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu129 .
# Studio: docker run -p 8765:8765 -v "$PWD/runs:/home/duologue/runs" duologue studio runs --host 0.0.0.0 --name localhost
FROM python:3.11-slim-bookworm

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG EXTRA=all

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 HF_HUB_OFFLINE=1

WORKDIR /opt/duologue
COPY constraints.txt pyproject.toml README.md LICENSE ./
RUN pip install --index-url "${TORCH_INDEX}" "$(grep '^torch==' constraints.txt)"
COPY src ./src
COPY recipes ./recipes
RUN pip install -c constraints.txt ".[${EXTRA}]" \
    && useradd --create-home --uid 1000 duologue

USER 1000
WORKDIR /home/duologue
ENTRYPOINT ["duologue"]
CMD ["--help"]
