variable "name" {
  description = "What the key is called: its alias without `alias/`."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.name)) && !startswith(var.name, "aws/")
    error_message = "An alias is of letters, digits, `/`, `_` and `-`, and does not begin with `aws/`."
  }
}

variable "description" {
  description = "What the key encrypts."
  type        = string
}

variable "log_group_names" {
  description = "Log groups of CloudWatch that are encrypted with it."
  type        = list(string)
  default     = []
}
