{{ view.introduction }}

module {{ view.module }} {
  source = "../../modules/postgres-server"

  # From ENVIRONMENT.tfvars, which the register makes.
  identifier         = var.identifier
  engine_version     = var.engine_version
  instance_class     = var.instance_class
  storage_gb         = var.storage_gb
  max_connections    = var.max_connections
  multi_az           = var.multi_az
  read_replicas      = var.read_replicas
  backup_days        = var.backup_days
  backup_window      = var.backup_window
  maintenance_window = var.maintenance_window
  roles              = var.roles

  # From people.
  vpc_id                     = var.vpc_id
  subnet_ids                 = var.subnet_ids
  allowed_security_group_ids = var.allowed_security_group_ids
  allowed_cidr_blocks        = var.allowed_cidr_blocks
  alarm_topic_arns           = var.alarm_topic_arns
  deletion_protection        = var.deletion_protection
  apply_immediately          = var.apply_immediately
  restored_from_snapshot     = var.restored_from_snapshot
  administrator              = var.administrator
  most_storage_gb            = var.most_storage_gb
  log_retention_days         = var.log_retention_days
  statement_timeout_ms       = var.statement_timeout_ms
  lock_timeout_ms            = var.lock_timeout_ms
  log_min_duration_ms        = var.log_min_duration_ms
}
{%- for move in view.moves %}

moved {
  from = {{ move.from }}
  to   = {{ move.to }}
}
{%- endfor %}
