"""UMCloud (优铭云 云通信): a cloud-communications platform that charges exactly."""

__version__ = "0.1.0"
