"""prefect.yaml: Prefect's own reader takes it, and its deployments are the flows as they are.

`prefect deploy --all` itself needs a Prefect server in an environment of its own, see
docs/operate.md.
"""

import inspect
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import prefect
import pytest
import yaml
from prefect.cli.deploy._models import DeploymentConfig, PrefectYamlModel
from prefect.flows import Flow, load_flow_from_entrypoint

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def file() -> PrefectYamlModel:
    """The file as `prefect deploy` reads it."""
    return PrefectYamlModel.model_validate(yaml.safe_load((ROOT / "prefect.yaml").read_text()))


@pytest.fixture(scope="module")
def deployments(file: PrefectYamlModel) -> Mapping[str | None, DeploymentConfig]:
    """What it wants deployed, by name."""
    return {deployment.name: deployment for deployment in file.deployments}


def test_prefects_version_is_the_one_that_is_installed(file: PrefectYamlModel) -> None:
    assert file.prefect_version == prefect.__version__


def test_feeds_and_learn_are_scheduled_one_run_at_a_time(
    deployments: Mapping[str | None, DeploymentConfig],
) -> None:
    assert deployments.keys() == {"feeds", "learn"}
    for wanted in deployments.values():
        limit: Any = wanted.concurrency_limit
        assert (limit.limit, limit.collision_strategy) == (1, "CANCEL_NEW")
        assert wanted.work_pool is not None
        assert wanted.work_pool.name == "torihiki"
    (often,) = list(deployments["feeds"].schedules or [])
    (nightly,) = list(deployments["learn"].schedules or [])
    assert getattr(often, "interval", None) == timedelta(minutes=5)
    assert getattr(nightly, "cron", None) == "0 3 * * *"
    assert getattr(nightly, "timezone", None) == "Asia/Tokyo"


@pytest.mark.parametrize("name", ["feeds", "learn"])
def test_a_deployments_parameters_are_its_flows(
    deployments: Mapping[str | None, DeploymentConfig], name: str
) -> None:
    wanted = deployments[name]
    flow: Flow[..., Any] = load_flow_from_entrypoint(str(wanted.entrypoint))
    assert flow.name == name
    assert wanted.parameters.keys() <= inspect.signature(flow.fn).parameters.keys()
