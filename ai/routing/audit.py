"""What would go wrong with the catalogue at the next request, or in a bad hour: the gate of a deployment.

Every prompt has a route for any level and priority; every model has a price, or says that none is known; whoever may
answer a prompt, first or as a fallback, can do what the prompt needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ai.prompts.models import PromptTemplate
from ai.prompts.registry import render_prompt
from ai.routing.checks import check_provider
from ai.routing.prices import prices
from ai.routing.snapshot import DEFAULT_ACTION, Catalogue, Route
from ai.tokens import estimate_messages
from ai.types import Capability, ModelSpec


def findings(catalogue: Catalogue, templates: Sequence[PromptTemplate]) -> list[str]:
    """One sentence each; none where all is well."""
    return [
        *_providers(catalogue),
        *_prices(catalogue),
        *_dangling(catalogue),
        *(finding for template in templates for finding in _prompt(template, catalogue)),
    ]


def _providers(catalogue: Catalogue) -> Iterator[str]:
    for name, entry in catalogue.providers.items():
        yield from (f"Provider {name}: {message.msg}." for message in check_provider(name, entry))


def _prices(catalogue: Catalogue) -> Iterator[str]:
    for price in prices(catalogue):
        if price.source == "unknown":
            yield f"Model {price.model} has no price; give it one, or say that none is known (unpriced)."


def _dangling(catalogue: Catalogue) -> Iterator[str]:
    for route in catalogue.routes.values():
        for name in sorted(route.models - catalogue.models.keys()):
            yield f"Route {words(route)} names {name}, which is turned off or not there."
        if not any(weight for tier in route.tiers for weight in tier.values()):
            yield f"Route {words(route)} gives no model any traffic."


def words(route: Route) -> str:
    action, level, priority = route.scope
    scope = ", ".join(str(part) for part in (level and f"level {level}", priority) if part)
    return f"{action} ({scope or 'any'})"


def _prompt(template: PromptTemplate, catalogue: Catalogue) -> Iterator[str]:
    routes = list(_routes_of(template, catalogue))
    if not any(route.scope[1:] == (None, None) for route in routes):
        yield f"Prompt {template.key} has no route for any level and priority."
    names = {name for route in routes for name in route.models & catalogue.models.keys()}
    for name in sorted(names):
        yield from (f"Prompt {template.key} needs {lack}." for lack in _lacks(template, _spec(name, catalogue)))


def _routes_of(template: PromptTemplate, catalogue: Catalogue) -> Iterable[Route]:
    """All that its requests may take, in whatever scope."""
    actions = (template.key, template.route, DEFAULT_ACTION)
    reached = set()
    for action in actions:
        scopes = [scope for scope in catalogue.routes if scope[0] == action]
        reached |= set(scopes)
        if (action, None, None) in scopes:
            break
    return [catalogue.routes[scope] for scope in sorted(reached, key=str)]


def _spec(name: str, catalogue: Catalogue) -> ModelSpec:
    entry = catalogue.models[name]
    return entry.spec(name, catalogue.providers[entry.provider].spec(entry.provider))


def _lacks(template: PromptTemplate, model: ModelSpec) -> Iterator[str]:
    if template.output_schema is not None and Capability.JSON_SCHEMA not in model.capabilities:
        yield f"json_schema, which {model.name} cannot do"
    if model.max_output_tokens < template.max_tokens:
        yield f"{template.max_tokens} tokens of output, and {model.name} writes at most {model.max_output_tokens}"
    room = model.context_window - template.max_tokens
    # What is retrieved for a prompt is found when it is asked, and takes the room that there is.
    retrieves = template.spec.retrieve is not None
    needed = 0 if retrieves else estimate_messages(render_prompt(template, template.example), model)
    if needed > room:
        yield f"{needed} tokens of input for its example, and {model.name} has room for {max(room, 0)}"
