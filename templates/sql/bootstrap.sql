{{ view.introduction }}
-- For an administrator, with psql and against the maintenance database:
--     psql -X -d postgres -f bootstrap.sql
-- It can run again at any time without harm, also after migrations. It sets no passwords: the roles get theirs
-- where secrets are kept, or with \password.

\set ON_ERROR_STOP on

-- The owner migrates, the application reads and writes rows, the third one reads them.
{%- for role in view.roles %}
SELECT format('CREATE ROLE %I LOGIN', {{ role }})
WHERE to_regrole(format('%I', {{ role }})) IS NULL \gexec
{%- endfor %}

-- An administrator who is no superuser, as on RDS, acts for the owner as its member.
SELECT format('GRANT %I TO CURRENT_USER', {{ view.owner_literal }})
WHERE NOT pg_has_role(current_user, {{ view.owner_literal }}, 'USAGE') \gexec

SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', {{ view.database_literal }}, {{ view.owner_literal }})
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {{ view.database_literal }}) \gexec

SELECT format('ALTER DATABASE %I OWNER TO %I', datname, {{ view.owner_literal }})
FROM pg_database
WHERE datname = {{ view.database_literal }} AND datdba <> {{ view.owner_regrole }}::regrole \gexec

REVOKE ALL ON DATABASE {{ view.database }} FROM PUBLIC;
GRANT CONNECT ON DATABASE {{ view.database }} TO {{ view.application }}, {{ view.readonly }};

-- A migration waits for no lock for long, since everyone else then waits behind it, and no statement runs for ever.
-- Migrations in a transaction set a shorter limit for their statements.
ALTER ROLE {{ view.owner }} IN DATABASE {{ view.database }} SET lock_timeout = {{ view.lock_timeout }};
ALTER ROLE {{ view.owner }} IN DATABASE {{ view.database }} SET statement_timeout = {{ view.statement_timeout }};

\connect {{ view.connect_argument }}

BEGIN;

-- Nothing to everyone.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {{ view.application }}, {{ view.readonly }};
{%- if view.has_extensions | flag %}

-- The owner may not make these; migrations find them.
{%- for extension in view.extensions %}
CREATE EXTENSION IF NOT EXISTS {{ extension }};
{%- endfor %}
{%- endif %}

-- What migrations will make.
ALTER DEFAULT PRIVILEGES FOR ROLE {{ view.owner }} REVOKE ALL ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {{ view.owner }} REVOKE ALL ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {{ view.owner }} GRANT USAGE ON SCHEMAS TO {{ view.application }}, {{ view.readonly }};
ALTER DEFAULT PRIVILEGES FOR ROLE {{ view.owner }} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {{ view.application }};
ALTER DEFAULT PRIVILEGES FOR ROLE {{ view.owner }} GRANT USAGE ON SEQUENCES TO {{ view.application }};
ALTER DEFAULT PRIVILEGES FOR ROLE {{ view.owner }} GRANT EXECUTE ON FUNCTIONS TO {{ view.application }};
ALTER DEFAULT PRIVILEGES FOR ROLE {{ view.owner }} GRANT SELECT ON TABLES TO {{ view.readonly }};

-- What migrations have made, should this run after them.
SELECT format('GRANT USAGE ON SCHEMA %I TO %I, %I', nspname, {{ view.application_literal }}, {{ view.readonly_literal }})
FROM pg_namespace
WHERE nspowner = {{ view.owner_regrole }}::regrole
ORDER BY nspname \gexec

SELECT
    format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', oid::regclass, {{ view.application_literal }}),
    format('GRANT SELECT ON %s TO %I', oid::regclass, {{ view.readonly_literal }})
FROM pg_class
WHERE relowner = {{ view.owner_regrole }}::regrole
    AND relkind IN ('r', 'p', 'v', 'm', 'f')
    AND relname <> '_sqlx_migrations'
ORDER BY oid \gexec

SELECT format('GRANT USAGE ON SEQUENCE %s TO %I', oid::regclass, {{ view.application_literal }})
FROM pg_class
WHERE relowner = {{ view.owner_regrole }}::regrole AND relkind = 'S'
ORDER BY oid \gexec

SELECT
    format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', oid::regprocedure),
    format('GRANT EXECUTE ON ROUTINE %s TO %I', oid::regprocedure, {{ view.application_literal }})
FROM pg_proc
WHERE proowner = {{ view.owner_regrole }}::regrole
ORDER BY oid \gexec

-- sqlx's own table is none of the application's.
SELECT format('REVOKE ALL ON %s FROM %I', oid::regclass, {{ view.application_literal }})
FROM pg_class
WHERE relowner = {{ view.owner_regrole }}::regrole AND relname = '_sqlx_migrations' AND relkind = 'r'
ORDER BY oid \gexec

COMMIT;
