"""Train the tagger: examples from reviewed articles, a tokenizer, training, export to ONNX.

`examples` is pure; `training` and `export` need torch (the optional extra `learn`).
"""
