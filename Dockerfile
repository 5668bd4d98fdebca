FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/billing --uid 1001 billing

WORKDIR /srv/billing
COPY requirements/lock.txt requirements/lock.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/lock.txt

COPY . .
RUN DATABASE_URL=postgresql://build@localhost/none SECRET_KEY=build-only STATIC_ROOT=/srv/static \
    python manage.py collectstatic --noinput

USER billing
ENV BILLING_VAR_DIR=/var/lib/billing STATIC_ROOT=/srv/static PYTHONUNBUFFERED=1
EXPOSE 8000
# tini reaps; without -g it signals the leader only, which the task cluster needs (it hangs otherwise).
ENTRYPOINT ["tini", "--"]
CMD ["gunicorn", "billing_site.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", \
     "--threads", "4", "--worker-class", "gthread", "--timeout", "120", "--no-control-socket"]
