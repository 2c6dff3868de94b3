variable "secrets" {
  description = "The secrets, by a key that never changes: what each is called, and what it is for."
  type = map(object({
    name        = string
    description = string
  }))

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^[a-zA-Z0-9/_+=.@-]{1,512}$", secret.name))])
    error_message = "A secret's name is of letters, digits and /_+=.@-, at most 512."
  }
}

variable "kms_key_arn" {
  description = "The key that encrypts them."
  type        = string
}

variable "recovery_window_days" {
  description = "For how many days a secret can be restored after it was deleted."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_window_days >= 7 && var.recovery_window_days <= 30
    error_message = "AWS takes 7 to 30 days."
  }
}
