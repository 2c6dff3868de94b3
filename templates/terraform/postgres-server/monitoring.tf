data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

resource "aws_iam_role" "monitoring" {
  name_prefix = "rds-monitoring-"
  description = "Lets RDS report what the machine of ${var.identifier} does"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

locals {
  bytes_per_gb = 1024 * 1024 * 1024

  # Those of the server itself and of every read replica.
  alarms = {
    # A server that reports nothing is not there; this alarm alone says so.
    cpu = {
      metric      = "CPUUtilization"
      comparison  = "GreaterThanThreshold"
      threshold   = 80
      periods     = 3
      missing     = "breaching"
      description = "has been busy for 15 minutes, or reports nothing"
    }
    connections = {
      metric      = "DatabaseConnections"
      comparison  = "GreaterThanThreshold"
      threshold   = floor(var.max_connections * 0.8)
      periods     = 1
      missing     = "missing"
      description = "has more than 80 % of its connections taken"
    }
    storage = {
      metric      = "FreeStorageSpace"
      comparison  = "LessThanThreshold"
      threshold   = floor(var.storage_gb * local.bytes_per_gb * 0.2)
      periods     = 1
      missing     = "missing"
      description = "has less than 20 % of its storage left"
    }
  }

  # A standby in another zone is written to together with the server and has no lag; a read replica follows it. Where nothing is
  # written for five minutes, a replica seems that far behind; Prometheus, which sees more often, tells of 30 s.
  replica_alarms = merge(local.alarms, {
    replica_lag = {
      metric      = "ReplicaLag"
      comparison  = "GreaterThanThreshold"
      threshold   = 330
      periods     = 2
      missing     = "missing"
      description = "is more than five minutes behind"
    }
  })

  instances = merge(
    { (var.identifier) = local.alarms },
    { for identifier in keys(local.replicas) : identifier => local.replica_alarms },
  )

  instance_alarms = merge([
    for identifier, alarms in local.instances : {
      for name, alarm in alarms : "${identifier}/${name}" => merge(alarm, { identifier = identifier, name = name })
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.instance_alarms

  alarm_name          = "rds-${each.value.identifier}-${each.value.name}"
  alarm_description   = "${each.value.identifier} ${each.value.description}"
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = each.value.identifier }
  statistic           = "Average"
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
