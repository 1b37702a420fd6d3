# One image for every process. It holds no secret and needs none to be built.
FROM python:3.13-slim-trixie AS packages
RUN python -m venv /opt/lintel
COPY requirements/base.txt /tmp/base.txt
RUN /opt/lintel/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r /tmp/base.txt

FROM python:3.13-slim-trixie
ENV PATH=/opt/lintel/bin:$PATH \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000
RUN useradd --system --uid 10001 --user-group --no-create-home lintel
COPY --from=packages /opt/lintel /opt/lintel
WORKDIR /srv/lintel
COPY . .
RUN python -m compileall -q . && python manage.py collectstatic --noinput --ignore redoc
# Nothing below runs as root, or may write where the code is.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-m", "config.alive", "/livez"]
CMD ["deploy/process", "web"]
