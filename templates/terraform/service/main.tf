{{ view.introduction }}

module "kms_key" {
  source = "../../modules/kms-key"

  name        = var.key_alias
  description = "Buckets and secrets of a service"
}
{%- for bucket in view.buckets %}

module {{ bucket.module }} {
  source = "../../modules/bucket"

  name                   = var.bucket_names[{{ bucket.key }}]
  kms_key_arn            = module.kms_key.arn
  access_log_bucket      = var.access_log_bucket
  keep_old_versions_days = var.keep_old_versions_days
}
{%- endfor %}

module "secrets" {
  source = "../../modules/secrets"

  kms_key_arn = module.kms_key.arn
  secrets     = var.secrets
}
{%- for move in view.moves %}

moved {
  from = {{ move.from }}
  to   = {{ move.to }}
}
{%- endfor %}
