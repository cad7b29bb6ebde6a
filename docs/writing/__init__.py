"""The pages of `docs/reference`, each written from the code that it describes.

A page never says more than the code does. What has no Chinese in the code is translated in
`zh_CN.json` by its English sentence; a sentence that changed there stays English until somebody
translates it anew, so that no translation outlives what it translates.
"""
