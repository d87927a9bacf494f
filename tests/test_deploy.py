"""What is deployed: manifests against their schemas and against the code, the image's file, the bill of materials."""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from flask import Flask
from packaging.requirements import Requirement

import service
from service.feedback import purge
from service.settings import PREFIX, Settings, SettingsError
from tests.conftest import UNMEASURED

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
KUSTOMIZATION = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
OBJECTS = [
    document
    for file in sorted(KUBERNETES.glob("*.yaml"))
    if file.name != "kustomization.yaml"
    for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]
PODS = {
    one["metadata"].get("name") or one["metadata"]["generateName"].removesuffix("-"): one
    for one in OBJECTS
    if "template" in one.get("spec", {})
}
PODS |= {one["metadata"]["name"]: one["spec"]["jobTemplate"] for one in OBJECTS if one["kind"] == "CronJob"}
SERVICE_POD = PODS["stance"]["spec"]["template"]["spec"]
(CONTAINER,) = SERVICE_POD["containers"]
CLAIMS = {one["metadata"]["name"] for one in OBJECTS if one["kind"] == "PersistentVolumeClaim"}
PORT = int(Settings().bind.rpartition(":")[2])
(UID,) = set(re.findall(r"^USER (\d+):\1$", DOCKERFILE, re.MULTILINE))


def of_kind(kind: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in OBJECTS if one["kind"] == kind and one["metadata"].get("name") == name)
    return dict(found)


@pytest.fixture(scope="module")
def kubernetes() -> ModuleType:
    """Kubernetes' schemas; importing them takes two seconds, and every process that collects tests would."""
    import kubernetes_validate

    return kubernetes_validate


@pytest.mark.parametrize(
    "manifest", OBJECTS, ids=lambda one: f"{one['kind']}-{one['metadata'].get('name', 'stance-train')}"
)
def test_a_manifest_is_what_kubernetes_takes(manifest: dict[str, Any], kubernetes: ModuleType) -> None:
    kubernetes.validate(manifest, kubernetes.latest_version(), strict=True)


def test_a_misspelt_field_is_found(kubernetes: ModuleType) -> None:
    misspelt = {**of_kind("Service", "stance"), "spec": {"ports": [{"port": 80, "tragetPort": "http"}]}}
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(misspelt, kubernetes.latest_version(), strict=True)


@pytest.mark.parametrize(("before", "after"), [("", ""), ("read_only:", "readonly:")])
def test_compose_takes_its_file_and_no_misspelt_one(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text((DEPLOY / "compose.yaml").read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run([sys.executable, *command], env=UNMEASURED, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if before else 0), done.stdout


def test_the_kustomization_has_every_manifest_but_the_secret_and_the_jobs() -> None:
    by_hand = {"kustomization.yaml", "secret.example.yaml", "train.yaml"}
    by_hand |= {"archive.yaml", "bulk.yaml", "bulk-summary.yaml"}
    assert {file.name for file in KUBERNETES.glob("*.yaml")} - by_hand == set(KUSTOMIZATION["resources"])


@pytest.mark.parametrize("name", PODS)
def test_a_pod_may_do_nothing_that_it_need_not(name: str) -> None:
    pod = PODS[name]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("name", ["stance", "stance-train", "stance-purge", "stance-bulk", "stance-bulk-summary"])
def test_the_user_is_the_images(name: str) -> None:
    context = PODS[name]["spec"]["template"]["spec"]["securityContext"]
    assert {context["runAsUser"], context["runAsGroup"], context["fsGroup"]} == {int(UID)}


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_of_compose_may_do_nothing_that_it_need_not(name: str) -> None:
    one = COMPOSE["services"][name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["mem_limit"]
    assert all(port.startswith("127.0.0.1:") for port in one.get("ports", []))


def environments() -> Iterator[tuple[str, dict[str, str]]]:
    """The settings as each way of deployment hands them over: the open ones, and the keys of its example."""
    lines = (DEPLOY / "stance.env.example").read_text(encoding="utf-8").splitlines()
    keys = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    yield "compose", {**COMPOSE["services"]["stance"]["environment"], **keys}
    secret = of_kind("Secret", CONTAINER["envFrom"][0]["secretRef"]["name"])["stringData"]
    yield "kubernetes", {**{one["name"]: one["value"] for one in CONTAINER["env"]}, **secret}


@pytest.mark.parametrize(("way", "environment"), [*environments()])
def test_the_service_takes_the_settings(way: str, environment: dict[str, str]) -> None:
    assert all(name.startswith(PREFIX) for name in environment)
    with pytest.raises(SettingsError, match="fewer than 16 characters"):
        Settings.read(environment)
    keys = environment["STANCE_API_KEYS"].replace("CHANGE-ME", secrets.token_hex(32))
    settings = Settings.read({**environment, "STANCE_API_KEYS": keys})
    host = {"compose": "store", "kubernetes": of_kind("Service", "stance-store")["metadata"]["name"]}[way]
    assert settings.rate_store == f"redis://{host}:6379/0"
    assert settings.feedback_database_url.startswith({"compose": "sqlite:////", "kubernetes": "postgresql://"}[way])


def test_the_corrections_have_a_volume_that_the_service_may_write() -> None:
    stance = COMPOSE["services"]["stance"]
    folder = Path(stance["environment"]["STANCE_FEEDBACK_DATABASE_URL"].removeprefix("sqlite:///")).parent
    assert f"corrections:{folder}" in stance["volumes"]
    assert re.search(rf"^RUN install -d -o {UID} -g {UID} -m 700 {folder}$", DOCKERFILE, re.MULTILINE)


def test_corrections_are_purged_where_the_service_keeps_them() -> None:
    (container,) = PODS["stance-purge"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["python", "-m", purge.__name__]
    (variable,) = container["env"]
    secret = {"name": CONTAINER["envFrom"][0]["secretRef"]["name"], "key": variable["name"]}
    assert variable["valueFrom"] == {"secretKeyRef": secret}
    assert f"exec stance {' '.join(container['command'])}" in (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert variable["name"] in of_kind("Secret", secret["name"])["stringData"]
    egress = [of_kind("NetworkPolicy", name)["spec"]["egress"] for name in ("stance", "stance-purge")]
    assert egress[0][1:] == egress[1]


def test_the_store_is_reached_where_it_listens() -> None:
    (port,) = of_kind("Service", "stance-store")["spec"]["ports"]
    (store,) = PODS["stance-store"]["spec"]["template"]["spec"]["containers"]
    assert port["port"] == 6379
    assert {"name": port["targetPort"], "containerPort": 6379} in store["ports"]
    assert set(COMPOSE["services"]["store"]["networks"]) & set(COMPOSE["services"]["stance"]["networks"])


def test_every_port_is_the_one_listened_on() -> None:
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [str(PORT)]
    assert CONTAINER["ports"] == [{"name": "http", "containerPort": PORT}]
    assert COMPOSE["services"]["stance"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert of_kind("Service", "stance")["spec"]["ports"][0]["targetPort"] == "http"
    assert of_kind("NetworkPolicy", "stance")["spec"]["ingress"][0]["ports"] == [{"port": "http"}]


def test_every_path_that_is_probed_is_a_route(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    probes = [CONTAINER[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
    assert {probe["port"] for probe in probes} == {"http"}
    (checked,) = re.findall(rf"http://127\.0\.0\.1:{PORT}(/\w+)", DOCKERFILE)
    assert {*(probe["path"] for probe in probes), checked} == {"/livez", "/readyz"} <= rules


def test_nobody_is_cut_off_before_the_graceful_period_ends() -> None:
    pause = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert SERVICE_POD["terminationGracePeriodSeconds"] > pause + Settings().graceful_seconds
    assert int(COMPOSE["services"]["stance"]["stop_grace_period"].removesuffix("s")) > Settings().graceful_seconds


def test_the_models_are_read_by_the_service_and_written_by_training() -> None:
    folder = re.findall(r"STANCE_MODELS=(\S+)", DOCKERFILE)[0]
    assert {"name": "models", "mountPath": folder, "readOnly": True} in CONTAINER["volumeMounts"]
    assert f"models:{folder}:ro" in COMPOSE["services"]["stance"]["volumes"]
    assert f"models:{folder}" in COMPOSE["services"]["train"]["volumes"]
    assert COMPOSE["services"]["train"]["command"][-2:] == ["--out", folder]
    (train,) = PODS["stance-train"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "models", "mountPath": folder} in train["volumeMounts"]
    assert train["args"] == COMPOSE["services"]["train"]["command"]
    assert claims("stance") == claims("stance-train") == {"stance-models"} <= CLAIMS


def claims(name: str) -> set[str]:
    volumes = PODS[name]["spec"]["template"]["spec"]["volumes"]
    return {one["persistentVolumeClaim"]["claimName"] for one in volumes if "persistentVolumeClaim" in one}


@pytest.mark.parametrize("name", ["stance-bulk", "stance-bulk-summary"])
def test_an_archive_is_read_by_the_jobs_and_their_answers_are_written(name: str) -> None:
    (container,) = PODS[name]["spec"]["template"]["spec"]["containers"]
    mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    assert mounts == {"/archive": True, "/models": True, "/out": False, "/tmp": False}
    assert claims(name) == {"stance-archive", "stance-models", "stance-out"} <= CLAIMS


def test_each_index_takes_its_share_and_a_hopeless_run_ends() -> None:
    job = PODS["stance-bulk"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert job["completionMode"] == "Indexed"
    assert container["args"][-2:] == ["--share", f"$(JOB_COMPLETION_INDEX)/{job['completions']}"]
    assert job["parallelism"] <= job["completions"]
    (ended, _) = job["podFailurePolicy"]["rules"]
    assert ended["onExitCodes"] == {"containerName": container["name"], "operator": "In", "values": [2]}


def test_the_summary_is_made_of_what_the_shares_have_done() -> None:
    (share,), (whole,) = (
        PODS[name]["spec"]["template"]["spec"]["containers"] for name in ("stance-bulk", "stance-bulk-summary")
    )
    assert whole["args"][:2] == ["sh", "-c"]
    assert ["stance", "bulk", *whole["args"][4:]] == share["args"][:-2]
    assert (whole["image"], whole["volumeMounts"]) == (share["image"], share["volumeMounts"])


def test_whatever_selects_pods_selects_some() -> None:
    labels = [pod["spec"]["template"]["metadata"]["labels"] for pod in PODS.values()]
    selectors = [
        selector.get("matchLabels", selector)
        for one in OBJECTS
        if (selector := one.get("spec", {}).get("selector", one.get("spec", {}).get("podSelector")))
    ]
    assert len(selectors) == 10
    assert all(any(selector.items() <= label.items() for label in labels) for selector in selectors)
    assert of_kind("HorizontalPodAutoscaler", "stance")["spec"]["scaleTargetRef"] == {
        "apiVersion": PODS["stance"]["apiVersion"],
        "kind": PODS["stance"]["kind"],
        "name": PODS["stance"]["metadata"]["name"],
    }
    assert "replicas" not in PODS["stance"]["spec"], "the autoscaler's number would be set back"


def test_every_image_has_a_tag_and_ours_the_version() -> None:
    pods = [container["image"] for pod in PODS.values() for container in pod["spec"]["template"]["spec"]["containers"]]
    images = [*(one["image"] for one in COMPOSE["services"].values()), *pods]
    assert all(re.fullmatch(r"[a-z/-]+:v?\d+\.\d+[\w.-]*", image) for image in images)
    ours = {image.partition(":")[2] for image in images if image.startswith("stance")}
    targets = {image.partition(":")[0].partition("-")[2] or "serve" for image in images if image.startswith("stance")}
    assert targets <= set(re.findall(r"^FROM .+ AS (\w+)$", DOCKERFILE, re.MULTILINE))
    assert ours == {service.VERSION} == {one["newTag"] for one in KUSTOMIZATION["images"]}


def test_what_compose_mounts_and_joins_is_there() -> None:
    for one in COMPOSE["services"].values():
        assert set(one.get("networks", [])) <= COMPOSE["networks"].keys()
        assert set(one.get("depends_on", [])) <= COMPOSE["services"].keys()
        for source in (volume.partition(":")[0] for volume in one.get("volumes", [])):
            assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        if "build" in one:
            assert re.search(rf" AS {one['build']['target']}$", DOCKERFILE, re.MULTILINE)


def test_prometheus_asks_the_service_with_a_key_that_is_never_committed() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"stance:{PORT}"]}]
    assert set(COMPOSE["services"]["prometheus"]["networks"]) & set(COMPOSE["services"]["stance"]["networks"])
    secret = [f"/deploy/prometheus/{job['authorization']['credentials_file']}"]
    secret += [f"/deploy/{file}" for file in COMPOSE["services"]["stance"]["env_file"]]
    assert set(secret) <= set((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())


def test_the_image_runs_its_commands_without_a_shell() -> None:
    commands = re.findall(r"^ *(?:CMD|ENTRYPOINT) (.+)$", DOCKERFILE, re.MULTILINE)
    assert len(commands) == 4
    assert all(isinstance(json.loads(command), list) for command in commands)


def test_the_bill_of_materials_has_every_locked_package_and_is_the_same_each_time(tmp_path: Path) -> None:
    bills = [write_bill(tmp_path / name) for name in ("once", "again")]
    assert bills[0] == bills[1]
    assert os.fsencode(ROOT) not in bills[0]
    parts = json.loads(bills[0])["components"]
    assert "://" not in json.dumps(parts), "an index of this machine's"
    found = {(part["name"], part["version"]): hashes(part) for part in parts}
    assert len(found) == len(parts)
    assert found == dict(locked())


def write_bill(folder: Path) -> bytes:
    """The bill as `make sbom` writes it."""
    (command,) = re.findall(r"^\t\$\(BIN\)/(cyclonedx-py .+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    folder.mkdir()
    line = command.replace("build/sbom.json", str(folder / "sbom.json"))
    environment = {**UNMEASURED, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment.pop("SOURCE_DATE_EPOCH", None)
    subprocess.run(line, shell=True, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=True)
    return (folder / "sbom.json").read_bytes()


def hashes(part: dict[str, Any]) -> set[str]:
    return {one["content"] for reference in part["externalReferences"] for one in reference["hashes"]}


def locked() -> Iterator[tuple[tuple[str, str], set[str]]]:
    lock = (ROOT / "requirements" / "serve.lock").read_text(encoding="utf-8")
    for entry in lock.replace("\\\n", "").splitlines():
        requirement = Requirement(entry.split("--hash")[0].strip())
        version = str(requirement.specifier).removeprefix("==")
        yield (requirement.name, version), set(re.findall(r"sha256:([0-9a-f]{64})", entry))


def test_every_test_that_security_names_is_there() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", text)
    assert len(named) == text.count("`tests/")
    for file, test in named:
        assert re.search(rf"^def {test}\b" if test else "", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), (
            test
        )
