{{ view.introduction }}

SET LOCAL lock_timeout = {{ view.lock_timeout }};
SET LOCAL statement_timeout = {{ view.statement_timeout }};
{% if view.protects_sqlx_table | flag %}
-- sqlx keeps its own table here, which it made as the owner. The application has no business with it.
DO $do$
BEGIN
    IF to_regclass('_sqlx_migrations') IS NOT NULL AND to_regrole({{ view.application_role_literal }}) IS NOT NULL THEN
        REVOKE ALL ON _sqlx_migrations FROM {{ view.application_role }};
    END IF;
END
$do$;
{% endif %}
{%- for paragraph in view.paragraphs %}
{{ paragraph }}
{% endfor %}
