# The production image: web, worker, beat and the one-shot migration all run from it (docker-compose.yml says how).
# No engine, no secret and no development package is inside.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements-production.lock .
RUN /venv/bin/pip install --require-hashes --only-binary :all: -r requirements-production.lock
WORKDIR /app
COPY . .
# Static files get their hashed names now; the values in the file only have the right shape, none is used at run time.
RUN env $(cat .ci/like-production.env) /venv/bin/python manage.py collectstatic --no-input && rm -r .ci

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --no-create-home --uid 10001 comeback
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER comeback
ENV WEB_HOST=0.0.0.0 PORT=8000
EXPOSE 8000
CMD ["gunicorn", "config.wsgi"]
