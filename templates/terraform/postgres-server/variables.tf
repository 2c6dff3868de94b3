variable "identifier" {
  description = "What the server is called in RDS."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.identifier)) && length(var.identifier) <= 63
    error_message = "RDS takes lower-case letters, digits and single `-`, a letter first, at most 63."
  }
}

variable "engine_version" {
  description = "The version of PostgreSQL. With a major version alone AWS raises the minor one."
  type        = string

  validation {
    condition     = can(regex("^1[5-8](\\.[0-9]+)?$", var.engine_version))
    error_message = "15 to 18, such as 16 or 16.3."
  }
}

variable "instance_class" {
  description = "The class of the instance, such as db.t3.medium."
  type        = string

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "A class of RDS begins with `db.`."
  }
}

variable "storage_gb" {
  description = "gp3 storage in GB."
  type        = number

  validation {
    condition     = var.storage_gb >= 20 && var.storage_gb <= 65536
    error_message = "RDS takes 20 to 65536 GB of gp3."
  }
}

variable "most_storage_gb" {
  description = "Up to how many GB RDS may grow the storage by itself. Null: not at all, so that the cost is what was planned."
  type        = number
  default     = null

  validation {
    condition     = var.most_storage_gb == null ? true : var.most_storage_gb > var.storage_gb
    error_message = "More than `storage_gb`."
  }
}

variable "max_connections" {
  description = "How many connections the server takes. What the register adds up is held against this."
  type        = number

  validation {
    condition     = var.max_connections >= 6 && var.max_connections <= 262143
    error_message = "RDS takes 6 to 262143."
  }
}

variable "multi_az" {
  description = "Whether a standby runs in another zone."
  type        = bool
}

variable "read_replicas" {
  description = "How many read replicas there are."
  type        = number
  default     = 0

  validation {
    condition     = var.read_replicas >= 0 && var.read_replicas <= 15 && floor(var.read_replicas) == var.read_replicas
    error_message = "RDS takes 0 to 15."
  }
}

variable "backup_days" {
  description = "For how many days backups are kept."
  type        = number

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "1 to 35; without backups nothing can be restored."
  }
}

variable "backup_window" {
  description = "When backups begin, in UTC, such as 03:00-04:00."
  type        = string

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", var.backup_window))
    error_message = "Written as 03:00-04:00."
  }
}

variable "maintenance_window" {
  description = "When AWS may restart the server, in UTC, such as mon:04:00-mon:05:00."
  type        = string

  validation {
    condition     = can(regex("^(mon|tue|wed|thu|fri|sat|sun):[0-2][0-9]:[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):[0-2][0-9]:[0-5][0-9]$", var.maintenance_window))
    error_message = "Written as mon:04:00-mon:05:00."
  }
}

variable "roles" {
  description = "The roles of its databases, by database and kind: their names, and the secrets with their passwords."
  type = map(object({
    database = string
    username = string
    secret   = string
  }))
}

variable "port" {
  description = "The port that it listens on."
  type        = number
  default     = 5432
  nullable    = false

  validation {
    condition     = var.port >= 1150 && var.port <= 65535
    error_message = "RDS takes 1150 to 65535."
  }
}

variable "vpc_id" {
  description = "The VPC."
  type        = string

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "A VPC begins with `vpc-`."
  }
}

variable "subnet_ids" {
  description = "Subnets of at least two zones, without a way in from the internet."
  type        = list(string)

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2 && alltrue([for id in var.subnet_ids : startswith(id, "subnet-")])
    error_message = "RDS needs at least two subnets; each begins with `subnet-`."
  }
}

variable "allowed_security_group_ids" {
  description = "Security groups of those who may connect: of the nodes, or of the pods where they have their own."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.allowed_security_group_ids : startswith(id, "sg-")])
    error_message = "A security group begins with `sg-`."
  }
}

variable "allowed_cidr_blocks" {
  description = "Networks of those who may connect and have no security group."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for block in var.allowed_cidr_blocks : can(cidrnetmask(block)) && !endswith(block, "/0")])
    error_message = "IPv4 networks such as 10.0.0.0/16, and not all of the internet."
  }

  validation {
    condition     = length(var.allowed_cidr_blocks) + length(var.allowed_security_group_ids) > 0
    error_message = "Nobody could connect: name at least one network or security group."
  }
}

variable "alarm_topic_arns" {
  description = "Topics of SNS that are told when an alarm begins and ends."
  type        = list(string)

  validation {
    condition     = length(var.alarm_topic_arns) > 0 && alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:[^:]+:sns:", arn))])
    error_message = "At least one topic of SNS: an alarm that nobody hears is none."
  }
}

variable "administrator" {
  description = "The administrator, who runs bootstrap.sql. AWS makes the password and keeps it in a secret."
  type        = string
  default     = "administrator"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.administrator)) && !contains(["admin", "rdsadmin"], var.administrator)
    error_message = "Lower-case letters, digits and `_`, a letter first; not `admin` nor `rdsadmin`, which RDS keeps."
  }
}

variable "restored_from_snapshot" {
  description = "The snapshot that the server is made from. Counts when it is made; afterwards nothing follows from a change."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the server."
  type        = bool
  default     = true
  nullable    = false
}

variable "apply_immediately" {
  description = "Whether changes that restart the server wait for the maintenance window (false) or not (true)."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "For how many days logs are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "At least a year, and a number of days that CloudWatch takes."
  }
}

variable "statement_timeout_ms" {
  description = "How long a statement may run, in milliseconds."
  type        = number
  default     = 30000
  nullable    = false

  validation {
    condition     = var.statement_timeout_ms >= 1000
    error_message = "At least a second."
  }
}

variable "lock_timeout_ms" {
  description = "How long a statement may wait for a lock, in milliseconds."
  type        = number
  default     = 5000
  nullable    = false

  validation {
    condition     = var.lock_timeout_ms >= 100
    error_message = "At least 100 ms."
  }
}

variable "log_min_duration_ms" {
  description = "From how many milliseconds on a statement is logged as slow."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.log_min_duration_ms >= 0
    error_message = "Not negative, which would log none."
  }
}
