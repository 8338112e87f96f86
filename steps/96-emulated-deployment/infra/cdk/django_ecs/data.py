"""Where the data is: Postgres, a cache that is also the broker, a bucket, and two secrets."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from django_ecs.checks import acknowledge
from django_ecs.network import CACHE_PORT, DATABASE_PORT, Network
from django_ecs.options import Options

# The name of the database, and of its user.
NAME = "django"
ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


class Data(Construct):
    """The backing services. Nothing here has a public address.

    Attributes:
        bucket: the bucket of uploaded files, and of static ones if the application puts them there.
        database: the Postgres instance; its secret has the password.
        secret_key: the secret with Django's SECRET_KEY.
        environment: the variables that tell an application where all this is, without any secret.
    """

    def __init__(self, scope: Construct, id: str, *, network: Network, options: Options) -> None:
        super().__init__(scope, id)
        self.bucket = self._bucket(options)
        self.database = self._database(network, options)
        cache = self._cache(network, options)
        self.secret_key = secretsmanager.Secret(
            self,
            "SecretKey",
            description="Signs what browsers must not forge",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
        )
        acknowledge(self, {"AwsSolutions-SMG4": "Rotate, then replace the tasks."})
        scheme = "rediss" if options.encrypt_cache else "redis"
        redis = f"{scheme}://{cache.attr_primary_end_point_address}:{CACHE_PORT}"
        self.environment = {
            "DATABASE_HOST": self.database.db_instance_endpoint_address,
            "DATABASE_PORT": str(DATABASE_PORT),
            "DATABASE_NAME": NAME,
            "DATABASE_USER": NAME,
            "DATABASE_SSLMODE": "require",
            "CACHE_URL": f"{redis}/0",
            "BROKER_URL": f"{redis}/1",
            "MEDIA_BUCKET": self.bucket.bucket_name,
            "MEDIA_REGION": self.bucket.stack.region,
        }

    def _bucket(self, options: Options) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN if options.keep_data else RemovalPolicy.DESTROY,
            # Only an empty bucket can be deleted.
            auto_delete_objects=not options.keep_data,
        )
        acknowledge(bucket, {"AwsSolutions-S1": "The application logs who uploads; links expire."})
        if not options.keep_data:
            self._delete_log_of_emptying(options)
        return bucket

    def _delete_log_of_emptying(self, options: Options) -> None:
        """Give the function that empties the bucket a log of the stack, which is deleted with it.

        By itself, Lambda would create one, and nobody would delete it.
        """
        log = logs.LogGroup(
            self,
            "EmptyingLogs",
            retention=options.log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        provider = "Custom::S3AutoDeleteObjectsCustomResourceProvider"
        function = Stack.of(self).node.find_child(provider).node.find_child("Handler")
        function.add_property_override("LoggingConfig.LogGroup", log.log_group_name)

    def _database(self, network: Network, options: Options) -> rds.DatabaseInstance:
        database = rds.DatabaseInstance(
            self,
            "Database",
            engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_18),
            instance_type=ec2.InstanceType(options.database_class),
            vpc=network.vpc,
            vpc_subnets=ISOLATED,
            security_groups=[network.database],
            publicly_accessible=False,
            database_name=NAME,
            # Secrets Manager makes the password; nobody has to see it.
            credentials=rds.Credentials.from_generated_secret(NAME),
            storage_encrypted=True,
            storage_type=rds.StorageType.GP3,
            allocated_storage=options.database_storage,
            max_allocated_storage=10 * options.database_storage,
            multi_az=options.multi_az,
            backup_retention=Duration.days(options.backup_days),
            delete_automated_backups=not options.keep_data,
            deletion_protection=options.keep_data,
            # With it, a last snapshot is taken; without, nothing stays.
            removal_policy=RemovalPolicy.SNAPSHOT if options.keep_data else RemovalPolicy.DESTROY,
        )
        acknowledge(
            database,
            {
                "AwsSolutions-RDS3": "Options.multi_az: production has it.",
                "AwsSolutions-RDS10": "Options.keep_data: not where data is for tests.",
                "AwsSolutions-RDS11": "A port that nobody reaches needs no odd number.",
                "AwsSolutions-RDS13": "Options.backup_days: tests have no backups.",
            },
        )
        return database

    def _cache(self, network: Network, options: Options) -> elasticache.CfnReplicationGroup:
        subnets = elasticache.CfnSubnetGroup(
            self,
            "CacheSubnets",
            description="Where the cache is",
            subnet_ids=network.vpc.select_subnets(subnet_type=ISOLATED.subnet_type).subnet_ids,
        )
        parameters = elasticache.CfnParameterGroup(
            self,
            "CacheParameters",
            cache_parameter_group_family="valkey8",
            description="Refuse to store more when it is full; never drop a message",
            properties={"maxmemory-policy": "noeviction"},
        )
        cache = elasticache.CfnReplicationGroup(
            self,
            "Cache",
            replication_group_description="The cache and broker: one node, protocol of Redis",
            engine="valkey",
            engine_version="8.0",
            cache_node_type=options.cache_class,
            num_cache_clusters=1,
            automatic_failover_enabled=False,
            port=CACHE_PORT,
            cache_subnet_group_name=subnets.ref,
            cache_parameter_group_name=parameters.ref,
            security_group_ids=[network.cache.security_group_id],
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=options.encrypt_cache,
        )
        acknowledge(
            cache,
            {
                "AwsSolutions-AEC4": "One node: the database has what must survive.",
                "AwsSolutions-AEC5": "A port that nobody reaches needs no odd number.",
                "AwsSolutions-AEC6": "The tasks alone reach it, by its security group.",
            },
        )
        return cache
