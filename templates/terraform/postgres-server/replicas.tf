locals {
  replicas = { for number in range(1, var.read_replicas + 1) : "${var.identifier}-replica-${number}" => number }

  # Each with the replica that writes to it.
  replica_log_groups = {
    for pair in setproduct(keys(local.replicas), keys(local.log_groups)) :
    "/aws/rds/instance/${pair[0]}/${pair[1]}" => pair[0]
  }
}

# Storage, key, backups and the administrator are those of the server.
resource "aws_db_instance" "replica" {
  for_each = local.replicas

  identifier          = each.key
  replicate_source_db = aws_db_instance.this.identifier
  instance_class      = var.instance_class

  # A replica that cannot grow as its source does stops where it is full.
  storage_type          = "gp3"
  max_allocated_storage = var.most_storage_gb
  storage_encrypted     = true

  port                   = var.port
  multi_az               = false
  publicly_accessible    = false
  vpc_security_group_ids = [aws_security_group.this.id]
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  iam_database_authentication_enabled = true
  maintenance_window                  = var.maintenance_window
  copy_tags_to_snapshot               = true
  deletion_protection                 = var.deletion_protection
  skip_final_snapshot                 = true
  auto_minor_version_upgrade          = local.leaves_minor_to_aws
  apply_immediately                   = var.apply_immediately

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = module.kms_key.arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports       = keys(local.log_groups)

  depends_on = [aws_cloudwatch_log_group.replica, aws_iam_role_policy_attachment.monitoring]
}

resource "aws_cloudwatch_log_group" "replica" {
  for_each = local.replica_log_groups

  name              = each.key
  kms_key_id        = module.kms_key.arn
  retention_in_days = var.log_retention_days
}
