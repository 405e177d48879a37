# As in the official image: a new data folder gets a superuser and password from the environment, and the SQL files are run.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf %s "$POSTGRES_PASSWORD" >/tmp/password
    initdb --username=postgres --pwfile=/tmp/password --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    sed -i '1i local all all trust' "$PGDATA/pg_hba.conf"
    pg_ctl start --wait -o "-c listen_addresses=''"
    for file in /docker-entrypoint-initdb.d/*.sql; do
        psql -v ON_ERROR_STOP=1 --no-psqlrc --username=postgres --dbname=postgres -f "$file"
    done
    pg_ctl stop --wait
fi
exec "$@" -c listen_addresses='*'
