output "arns" {
  description = "The secrets, by their keys."
  value       = { for key, secret in aws_secretsmanager_secret.this : key => secret.arn }
}
