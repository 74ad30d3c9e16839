# Linesheet for production: no embedded servers, no compilers, no root.
FROM python:3.12-slim AS build
WORKDIR /srv/linesheet
COPY requirements.lock pyproject.toml ./
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY migrations migrations
COPY backend backend
COPY storefront storefront
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . && .venv/bin/python -m compileall -q backend storefront

FROM python:3.12-slim
RUN useradd --system --create-home linesheet && mkdir /srv/uploads && chown linesheet /srv/uploads
WORKDIR /srv/linesheet
COPY --from=build /srv/linesheet .
ENV PATH=/srv/linesheet/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LINESHEET_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    UPLOADS=/srv/uploads
USER linesheet
EXPOSE 8000
CMD ["linesheet", "serve"]
