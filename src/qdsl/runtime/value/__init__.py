"""What programs compute: quantities and how they are shown, estimates with their covariance, tables, provenance."""
