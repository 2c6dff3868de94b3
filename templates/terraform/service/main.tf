{{ view.introduction }}

module "kms_key" {
  source = "../../modules/kms-key"

  name        = "services/${var.name}"
  description = "Buckets and secrets of ${var.name}"
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
{%- if view.has_buckets | flag %}

# For the role of the service's pods: it reads and writes objects of these buckets, and no others.
resource "aws_iam_policy" "buckets" {
  name        = "${var.name}-buckets"
  description = "Lets ${var.name} use its buckets"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Buckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
        Resource = local.bucket_arns
      },
      {
        Sid      = "Objects"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = [for arn in local.bucket_arns : "${arn}/*"]
      },
      {
        Sid      = "Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [module.kms_key.arn]
      },
    ]
  })
}

locals {
  bucket_arns = [
{%- for bucket in view.buckets %}
    {{ bucket.address }}.arn,
{%- endfor %}
  ]
}
{%- endif %}

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
