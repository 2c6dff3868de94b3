resource "aws_db_subnet_group" "this" {
  name        = var.identifier
  description = "Where ${var.identifier} may stand"
  subnet_ids  = var.subnet_ids
}

# Pods are seen with the security group of their node unless they have their own, so who may come in is not known here.
resource "aws_security_group" "this" {
  name        = "rds-${var.identifier}"
  description = "Who reaches the PostgreSQL server ${var.identifier}"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "from_group" {
  for_each = toset(var.allowed_security_group_ids)

  security_group_id            = aws_security_group.this.id
  description                  = "PostgreSQL from ${each.value}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_vpc_security_group_ingress_rule" "from_network" {
  for_each = toset(var.allowed_cidr_blocks)

  security_group_id = aws_security_group.this.id
  description       = "PostgreSQL from ${each.value}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = var.port
  to_port           = var.port
}
