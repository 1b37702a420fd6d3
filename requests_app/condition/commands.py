"""What to type where something is wrong. The processes' lines are those of the Procfile, which a test compares."""

ASK_DATABASE = 'pg_isready -d "$DATABASE_URL"'
SHOW_CONNECTIONS = 'psql "$DATABASE_URL" -c "TABLE pg_stat_activity"'
BOOTSTRAP = "python manage.py bootstrap_database"
MIGRATE = "python manage.py migrate"

ASK_BROKER = 'redis-cli -u "$REDIS_URL" ping'
KEEP_KEYS = 'redis-cli -u "$REDIS_URL" CONFIG SET maxmemory-policy noeviction'
SHOW_MEMORY = 'redis-cli -u "$REDIS_URL" --memkeys'

START_WORKER = (
    "celery -A config.celery worker -P threads -c ${LINTEL_STREAMS:-100} -Q requests -n worker@%h"
    " --without-gossip --without-mingle"
)
START_JOBS = (
    "celery -A config.celery worker -P prefork -c 2 -Q jobs,ingest -n jobs@%h --without-gossip --without-mingle"
)
START_BEAT = "celery -A config.celery beat --pidfile= --loglevel info"

CHECK = "python manage.py check"
SWEEP = "python manage.py sweep"
