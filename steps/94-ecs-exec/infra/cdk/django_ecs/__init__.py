"""Run a Django application on AWS ECS: `DjangoEcs` makes everything that it needs.

The construct is for AWS CDK, and knows nothing of μblog. README.md, beside this package, says
what it makes.
"""

from django_ecs.application import DjangoEcs
from django_ecs.options import Options

__all__ = ["DjangoEcs", "Options"]
__version__ = "1.0.0"
