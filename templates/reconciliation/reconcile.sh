#!/usr/bin/env bash
{{ view.introduction }}
# README.md in the folder above says how to run this, and what it prints.
if [ -z "${BASH_VERSION:-}" ]; then
    echo "reconcile.sh: it needs bash: run it as bash $0" >&2
    exit 2
fi
set -euo pipefail
here=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../driver.sh
. "$here/../driver.sh"

service {{ view.name }} {{ view.name_json }} "$here"
goal {{ view.percent }} {{ view.tolerated_per_million }} {{ view.lag_seconds }}

# Which variable of the environment says how to connect to the database of which service; its own first.
{%- for database in view.databases %}
database {{ database.service }} {{ database.variable }}
{%- endfor %}
{% for line in view.checks %}
{{ line }}
{%- endfor %}

reconcile "$@"
