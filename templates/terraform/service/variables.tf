# What the register says of the service, in ENVIRONMENT.tfvars. The modules say what each value may be.

variable "name" {
  description = "What is named after the service in AWS begins with this."
  type        = string
}
{%- if view.has_buckets | flag %}

variable "bucket_names" {
  description = "What its buckets are called here, by the name that they have in production."
  type        = map(string)
}
{%- endif %}

variable "secrets" {
  description = "Its secrets: what each is called, and what it is for."
  type = map(object({
    name        = string
    description = string
  }))
}
{%- if view.has_buckets | flag %}

# What people say.

variable "access_log_bucket" {
  description = "The bucket that keeps the access logs. It has to admit logging.s3.amazonaws.com."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "The name of a bucket."
  }
}

variable "keep_old_versions_days" {
  description = "For how many days an object can be restored after it was replaced or deleted."
  type        = number
  default     = 30
}
{%- endif %}
