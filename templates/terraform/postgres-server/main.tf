# A PostgreSQL server on RDS. Databases and roles on it are made by sql/SERVICE/bootstrap.sql, which an administrator runs.

locals {
  major_version = split(".", var.engine_version)[0]
  # A version such as `16` leaves its minor to AWS; `16.3` is raised where it is written.
  leaves_minor_to_aws = length(split(".", var.engine_version)) == 1
  log_groups = {
    postgresql = "/aws/rds/instance/${var.identifier}/postgresql"
    upgrade    = "/aws/rds/instance/${var.identifier}/upgrade"
  }
}

module "kms_key" {
  source = "../kms-key"

  name            = "rds/${var.identifier}"
  description     = "Storage, backups, logs, Performance Insights and secrets of the PostgreSQL server ${var.identifier}"
  log_group_names = concat(values(local.log_groups), keys(local.replica_log_groups))
}

# A server of the same name that is made and deleted again leaves another snapshot: the name of each is taken for as long as it is kept.
resource "terraform_data" "final_snapshot" {}

resource "aws_db_instance" "this" {
  identifier     = var.identifier
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class

  storage_type          = "gp3"
  allocated_storage     = var.storage_gb
  max_allocated_storage = var.most_storage_gb
  storage_encrypted     = true
  kms_key_id            = module.kms_key.arn

  port                   = var.port
  multi_az               = var.multi_az
  publicly_accessible    = false
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  snapshot_identifier                 = var.restored_from_snapshot
  username                            = var.administrator
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = module.kms_key.arn
  iam_database_authentication_enabled = true

  backup_retention_period  = var.backup_days
  backup_window            = var.backup_window
  maintenance_window       = var.maintenance_window
  copy_tags_to_snapshot    = true
  delete_automated_backups = false

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.identifier}-final-${substr(terraform_data.final_snapshot.id, 0, 8)}"

  auto_minor_version_upgrade  = local.leaves_minor_to_aws
  allow_major_version_upgrade = false
  apply_immediately           = var.apply_immediately

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = module.kms_key.arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports       = keys(local.log_groups)

  # RDS would make the groups itself, without the key and for ever; and it looks whether the role may report.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.monitoring]

  lifecycle {
    ignore_changes = [snapshot_identifier]
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_groups

  name              = each.value
  kms_key_id        = module.kms_key.arn
  retention_in_days = var.log_retention_days
}

module "role_secrets" {
  source = "../secrets"

  kms_key_arn = module.kms_key.arn
  secrets = {
    for key, role in var.roles : key => {
      name        = role.secret
      description = "How ${role.username} connects to ${role.database} on ${var.identifier}: a JSON object of username, password, host, port and dbname"
    }
  }
}
