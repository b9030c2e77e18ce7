"""What stands in front of the site and the endpoint. Knows no patient."""
