"""What may differ between the environments of an application."""

from dataclasses import dataclass

from aws_cdk import aws_logs as logs


@dataclass(frozen=True, kw_only=True)
class Options:
    """Sizes, numbers, and what happens to the data. The defaults are safe, and small.

    Attributes:
        nat_gateways: one is enough; with two, losing a zone leaves the other one its way out.
        keep_data: whether the database and the files outlive the stack, and whether the stack, the
            database and the load balancer are protected from being deleted.
        database_class: the size of the database, from the list of RDS, without ``db.``.
        database_storage: its disk, in GiB; grows by itself up to ten times that.
        multi_az: whether a second database in another zone takes over when the first one fails.
        backup_days: for how many days the backups of the database are kept; 0 for none.
        cache_class: the size of the cache and broker, from the list of ElastiCache.
        encrypt_cache: whether connections to it are encrypted (TLS).
        arm: whether the image is for ARM, which is cheaper, or for Intel. It is built for this
            platform, and tasks run on it.
        cpu: of each task, in units of 1/1024 of a processor.
        memory: of each task, in MiB.
        log_retention: for how long logs are kept.
        web_count: how many tasks serve requests.
    """

    nat_gateways: int = 1
    keep_data: bool = True
    database_class: str = "t4g.micro"
    database_storage: int = 20
    multi_az: bool = False
    backup_days: int = 7
    cache_class: str = "cache.t4g.micro"
    encrypt_cache: bool = True
    arm: bool = False
    cpu: int = 512
    memory: int = 1024
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    web_count: int = 2
