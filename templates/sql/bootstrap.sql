{{ view.introduction }}
-- For an administrator, with psql and against the maintenance database:
--     psql -X -d postgres -f bootstrap.sql
-- It can run again at any time without harm, also after migrations. It sets no passwords: the roles get theirs
-- where secrets are kept, or with \password.
{%- if view.has_reconciler | flag %}
-- Run it again after a migration that adds what the reconciler reads, so after the first one too: a column can be
-- granted only once it is there. At the end it says how many are not yet.
{%- endif %}

\set ON_ERROR_STOP on

-- The owner migrates, the application reads and writes rows, the third one reads them.
{%- if view.has_reconciler | flag %}
-- The reconciler compares them with those of other services.
{%- endif %}
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
GRANT CONNECT ON DATABASE {{ view.database }} TO {{ view.application }}, {{ view.readonly }}
{%- if view.has_reconciler | flag %}, {{ view.reconciler }}{% endif %};
{%- if not (view.has_reconciler | flag) %}
SELECT format('REVOKE CONNECT ON DATABASE %I FROM %I', {{ view.database_literal }}, rolname)
FROM pg_roles
WHERE rolname = {{ view.reconciler_literal }} \gexec
{%- endif %}

-- A migration waits for no lock for long, since everyone else then waits behind it, and no statement runs for ever.
-- Migrations in a transaction set a shorter limit for their statements.
ALTER ROLE {{ view.owner }} IN DATABASE {{ view.database }} SET lock_timeout = {{ view.lock_timeout }};
ALTER ROLE {{ view.owner }} IN DATABASE {{ view.database }} SET statement_timeout = {{ view.statement_timeout }};
{%- if view.has_reconciler | flag %}

-- The reconciler writes nothing, waits for no lock and holds no snapshot for long, and fails where a policy would hide
-- rows from it, rather than miss them.
ALTER ROLE {{ view.reconciler }} CONNECTION LIMIT {{ view.reconciler_connections }};
{%- for setting in view.reconciler_settings %}
ALTER ROLE {{ view.reconciler }} IN DATABASE {{ view.database }} SET {{ setting.name }} = {{ setting.value }};
{%- endfor %}
{%- endif %}

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

-- Whoever waits for a migration reads there, also in a database that was there before this role.
SELECT format('GRANT SELECT ON %s TO %I', oid::regclass, {{ view.readonly_literal }})
FROM pg_class
WHERE relowner = {{ view.owner_regrole }}::regrole AND relname = '_sqlx_migrations' AND relkind = 'r'
ORDER BY oid \gexec

-- What a reconciler was granted before; what it reads today it gets below.
SELECT format('REVOKE ALL ON SCHEMA %I FROM %I', nspname, rolname)
FROM pg_namespace, aclexplode(nspacl), pg_roles
WHERE grantee = pg_roles.oid AND rolname = {{ view.reconciler_literal }}
ORDER BY nspname \gexec

SELECT format('REVOKE ALL ON %s FROM %I', pg_class.oid::regclass, rolname)
FROM pg_class, pg_roles
WHERE relowner = {{ view.owner_regrole }}::regrole AND rolname = {{ view.reconciler_literal }} AND (
    EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = pg_roles.oid)
    OR EXISTS (
        SELECT FROM pg_attribute, aclexplode(attacl)
        WHERE attrelid = pg_class.oid AND grantee = pg_roles.oid
    )
)
ORDER BY pg_class.oid \gexec
{%- if view.has_reconciler | flag %}

-- What its comparisons read, and no other column. What no migration has made yet is granted by running this again.
CREATE TEMPORARY TABLE reconciler_reads (table_schema text, table_name text, column_names text[]) ON COMMIT DROP;
INSERT INTO reconciler_reads VALUES
{%- for table in view.reconciler_reads %}
    ({{ table.schema }}, {{ table.name }}, ARRAY[
        {%- for column in table.columns %}{{ column }}{% if not (loop.last | flag) %}, {% endif %}{% endfor -%}
    ]){% if not (loop.last | flag) %},{% endif %}
{%- endfor %};

CREATE TEMPORARY TABLE reconciler_columns ON COMMIT DROP AS
SELECT nspname, pg_class.oid, attname, attnum
FROM reconciler_reads
JOIN pg_namespace ON nspname = table_schema
JOIN pg_class ON relnamespace = pg_namespace.oid AND relname = table_name AND relkind IN ('r', 'p')
JOIN pg_attribute ON attrelid = pg_class.oid AND attname = ANY (column_names) AND attnum > 0 AND NOT attisdropped
WHERE relowner = {{ view.owner_regrole }}::regrole;

SELECT DISTINCT format('GRANT USAGE ON SCHEMA %I TO %I', nspname, {{ view.reconciler_literal }})
FROM reconciler_columns \gexec

SELECT format(
    'GRANT SELECT (%s) ON %s TO %I',
    string_agg(quote_ident(attname), ', ' ORDER BY attnum), oid::regclass, {{ view.reconciler_literal }}
)
FROM reconciler_columns
GROUP BY oid
ORDER BY oid \gexec

SELECT wanted, wanted - found AS missing, wanted > found AS is_missing
FROM (SELECT sum(cardinality(column_names)) AS wanted FROM reconciler_reads) AS wanted_columns,
    (SELECT count(*) AS found FROM reconciler_columns) AS found_columns \gset
{%- endif %}

COMMIT;
{%- if view.has_reconciler | flag %}

\if :is_missing
    \warn 'The reconciler reads' :wanted 'columns, of which' :missing 'are not there yet: run this again once migrations have made them.'
\endif
{%- endif %}
