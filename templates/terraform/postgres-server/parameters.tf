# Times are in milliseconds. A role may have others: the owner that migrates and the reconciler do (bootstrap.sql).

locals {
  parameters = {
    # Nobody connects without TLS, and passwords are kept as SCRAM keeps them.
    "rds.force_ssl"                     = "1"
    "rds.accepted_password_auth_method" = "scram"
    "password_encryption"               = "scram-sha-256"

    # What the register adds up and holds against this.
    "max_connections" = tostring(var.max_connections)

    # Whoever waits or sits idle for long stands in everybody's way.
    "statement_timeout"                   = tostring(var.statement_timeout_ms)
    "lock_timeout"                        = tostring(var.lock_timeout_ms)
    "idle_in_transaction_session_timeout" = "60000"

    # Slow statements, changes of schemas, waits and who comes and goes; never the parameters of statements, nor the values
    # of the rows that an error is about.
    "log_min_duration_statement"        = tostring(var.log_min_duration_ms)
    "log_statement"                     = "ddl"
    "log_lock_waits"                    = "1"
    "log_connections"                   = "1"
    "log_disconnections"                = "1"
    "log_temp_files"                    = "10240"
    "log_autovacuum_min_duration"       = "10000"
    "log_parameter_max_length"          = "0"
    "log_parameter_max_length_on_error" = "0"
    "log_error_verbosity"               = "terse"

    "shared_preload_libraries" = "pg_stat_statements"
    "track_io_timing"          = "1"
    "timezone"                 = "UTC"
  }

  # These are read when the server starts.
  static_parameters = ["max_connections", "shared_preload_libraries"]
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.identifier}-"
  family      = "postgres${local.major_version}"
  description = "What holds on ${var.identifier}"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = contains(local.static_parameters, parameter.key) ? "pending-reboot" : "immediate"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
