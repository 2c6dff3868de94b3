terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.25.0"
    }
  }

  # Where the state is differs from account to account: ENVIRONMENT.backend.hcl has its key, the rest is given to
  # `terraform init` (README.md two folders above).
  backend "s3" {}
}
