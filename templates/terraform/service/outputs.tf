{% if view.has_buckets | flag -%}
output "buckets" {
  description = "Its buckets, by the name that they have in production."
  value = {
{%- for bucket in view.buckets %}
    {{ bucket.key }} = {{ bucket.address }}.arn
{%- endfor %}
  }
}

output "bucket_policy_arn" {
  description = "The policy to attach to the role of the service's pods."
  value       = aws_iam_policy.buckets.arn
}

{% endif -%}
output "secret_arns" {
  description = "Its secrets. They are made empty."
  value       = module.secrets.arns
}

output "kms_key_arn" {
  description = "The key of its buckets and secrets."
  value       = module.kms_key.arn
}
