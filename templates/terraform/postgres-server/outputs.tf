output "identifier" {
  description = "What the server is called in RDS."
  value       = aws_db_instance.this.identifier
}

output "host" {
  description = "Where it is reached."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "On which port."
  value       = aws_db_instance.this.port
}

output "replica_hosts" {
  description = "Where its read replicas are reached."
  value       = { for identifier, replica in aws_db_instance.replica : identifier => replica.address }
}

output "administrator_secret_arn" {
  description = "The secret with the administrator's password, which AWS changes."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "role_secret_arns" {
  description = "The secrets of the roles, by database and role. They are made empty."
  value       = module.role_secrets.arns
}

output "security_group_id" {
  description = "The security group of the server."
  value       = aws_security_group.this.id
}

output "kms_key_arn" {
  description = "The key of all that belongs to the server."
  value       = module.kms_key.arn
}
