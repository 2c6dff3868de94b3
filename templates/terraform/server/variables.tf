# What the register says of the server, in ENVIRONMENT.tfvars. The module says what each value may be.

variable "identifier" {
  description = "What the server is called in RDS."
  type        = string
}

variable "engine_version" {
  description = "The version of PostgreSQL."
  type        = string
}

variable "instance_class" {
  description = "The class of the instance."
  type        = string
}

variable "storage_gb" {
  description = "gp3 storage in GB."
  type        = number
}

variable "max_connections" {
  description = "How many connections the server takes."
  type        = number
}

variable "multi_az" {
  description = "Whether a standby runs in another zone."
  type        = bool
}

variable "read_replicas" {
  description = "How many read replicas there are."
  type        = number
}

variable "backup_days" {
  description = "For how many days backups are kept."
  type        = number
}

variable "backup_window" {
  description = "When backups begin, in UTC."
  type        = string
}

variable "maintenance_window" {
  description = "When AWS may restart the server, in UTC."
  type        = string
}

variable "roles" {
  description = "The roles of its databases, by database and kind: their names, and the secrets with their passwords."
  type = map(object({
    database = string
    username = string
    secret   = string
  }))
}

# What people say.

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
}

variable "allowed_cidr_blocks" {
  description = "Networks of those who may connect and have no security group."
  type        = list(string)
  default     = []
}

variable "alarm_topic_arns" {
  description = "Topics of SNS that are told when an alarm begins and ends."
  type        = list(string)
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the server."
  type        = bool
  default     = true
}

variable "apply_immediately" {
  description = "Whether changes that restart the server wait for the maintenance window (false) or not (true)."
  type        = bool
  default     = false
}

variable "restored_from_snapshot" {
  description = "The snapshot that the server is made from. Counts when it is made; afterwards nothing follows from a change."
  type        = string
  default     = null
}

# Where these are null, what the module says holds.

variable "administrator" {
  description = "The administrator, who runs bootstrap.sql."
  type        = string
  default     = null
}

variable "most_storage_gb" {
  description = "Up to how many GB RDS may grow the storage by itself. Null: not at all, so that the cost is what was planned."
  type        = number
  default     = null
}

variable "log_retention_days" {
  description = "For how many days logs are kept."
  type        = number
  default     = null
}

variable "statement_timeout_ms" {
  description = "How long a statement may run, in milliseconds."
  type        = number
  default     = null
}

variable "lock_timeout_ms" {
  description = "How long a statement may wait for a lock, in milliseconds."
  type        = number
  default     = null
}

variable "log_min_duration_ms" {
  description = "From how many milliseconds on a statement is logged as slow."
  type        = number
  default     = null
}
