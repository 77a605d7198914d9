"""The environment of a function's process.

AWS documents it under "Defined runtime environment variables"; a custom runtime has no AWS_EXECUTION_ENV.
"""

from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import get_region
from ministack.services import lambda_svc

from peerwright_local.patch import replace

_endpoints: dict[str, str] = {}


def install() -> None:
    replace(lambda_svc, _provided_worker_env=variables)


def set_endpoints(aws: str, ec2: str) -> None:
    """Sets the endpoints that functions use, by the environment variables of the SDKs."""
    beside_ec2 = ("AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_SERVICE_QUOTAS", "AWS_ENDPOINT_URL_STS")
    _endpoints.update({"AWS_ENDPOINT_URL": aws, **dict.fromkeys(beside_ec2, ec2)})


def variables(configuration: dict, code_directory: str, runtime_api_port: int) -> dict[str, str]:
    """All environment variables of a function's process."""
    name = configuration["FunctionName"]
    return {
        **lambda_svc._runtime_env_vars(configuration),
        "_HANDLER": configuration.get("Handler", "bootstrap"),
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": configuration.get("Version", "$LATEST"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[{configuration.get('Version', '$LATEST')}]{runtime_api_port}",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime_api_port}",
        "AWS_REGION": get_region(),
        "LAMBDA_RUNTIME_DIR": code_directory,
        "LAMBDA_TASK_ROOT": code_directory,
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "TZ": ":UTC",
        **_logging(configuration.get("LoggingConfig") or {}, name),
        **execution_credentials(configuration),
        **_endpoints,
    }


def _logging(configuration: dict, name: str) -> dict[str, str]:
    variables = {
        "AWS_LAMBDA_LOG_FORMAT": configuration.get("LogFormat", "Text"),
        "AWS_LAMBDA_LOG_GROUP_NAME": configuration.get("LogGroup", f"/aws/lambda/{name}"),
    }
    if "ApplicationLogLevel" in configuration:
        variables["AWS_LAMBDA_LOG_LEVEL"] = configuration["ApplicationLogLevel"]
    return variables
