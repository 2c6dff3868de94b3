output "identifier" {
  description = "What the server is called in RDS."
  value       = {{ view.address }}.identifier
}

output "host" {
  description = "Where it is reached: the `host` of the secrets of its roles."
  value       = {{ view.address }}.host
}

output "port" {
  description = "On which port."
  value       = {{ view.address }}.port
}

output "replica_hosts" {
  description = "Where its read replicas are reached."
  value       = {{ view.address }}.replica_hosts
}

output "administrator_secret_arn" {
  description = "The secret with the administrator's password, which AWS changes."
  value       = {{ view.address }}.administrator_secret_arn
}

output "role_secret_arns" {
  description = "The secrets of the roles, by database and role. They are made empty."
  value       = {{ view.address }}.role_secret_arns
}

output "security_group_id" {
  description = "The security group of the server."
  value       = {{ view.address }}.security_group_id
}

output "kms_key_arn" {
  description = "The key of all that belongs to the server."
  value       = {{ view.address }}.kms_key_arn
}
