"""spaCy's arithmetic with the matrix product of NumPy.

thinc multiplies by BLIS, whose wheels are three times slower than NumPy's OpenBLAS on processors
with AVX-512, and the matrix product is what most of GiNZA's time goes to.
"""

from typing import TYPE_CHECKING, Any

from thinc.api import NumpyOps, Ops

if TYPE_CHECKING:
    from spacy.language import Language


class _NumpyProduct(NumpyOps):  # type: ignore[misc]
    def gemm(
        self, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False
    ) -> Any:
        return Ops.gemm(self, x, y, out=out, trans1=trans1, trans2=trans2)


def multiply_by_numpy(nlp: "Language") -> None:
    """Let the models of a pipeline that work on the processor by thinc multiply by NumPy."""
    ops = _NumpyProduct()
    for _, component in nlp.pipeline:
        model: Any = getattr(component, "model", None)
        for node in model.walk() if hasattr(model, "walk") else ():
            if type(node.ops) is NumpyOps:  # not a GPU's, not Apple's
                node.ops = ops
