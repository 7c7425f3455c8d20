"""What programs compute: quantities as they are shown, estimates with their covariance, tables and where they came
from.
"""
