variable "name" {
  description = "What the bucket is called. No other bucket of AWS may be."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket is named with 3 to 63 lower-case letters, digits and `-`, and begins and ends with a letter or digit."
  }
}

variable "kms_key_arn" {
  description = "The key that encrypts its objects."
  type        = string
}

variable "access_log_bucket" {
  description = "The bucket that keeps the access logs. It has to admit logging.s3.amazonaws.com."
  type        = string
}

variable "keep_old_versions_days" {
  description = "For how many days an object can be restored after it was replaced or deleted."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_old_versions_days >= 1
    error_message = "At least a day."
  }
}
