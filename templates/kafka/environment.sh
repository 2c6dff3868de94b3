{{ view.introduction }}
# shellcheck shell=bash
set -euo pipefail
default_brokers={{ view.brokers }}
# shellcheck source-path=SCRIPTDIR source=driver.sh
. "$(dirname "${BASH_SOURCE[0]}")/driver.sh"

# Name, partitions, replicas, settings.
{%- for topic in view.topics %}
topic {{ topic.name }} {{ topic.partitions }} {{ topic.replication }}{% for setting in topic.settings %} {{ setting }}{% endfor %}
{%- endfor %}

# User, resource, operations.
{%- for acl in view.acls %}
allow {{ acl.user }} {{ acl.kind }} {{ acl.name }}{% for operation in acl.operations %} {{ operation }}{% endfor %}
{%- endfor %}

finish
