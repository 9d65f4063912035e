"""What tests of other people's code stand on: the pytest plugin, and a served exchange to speak to.

Never: imports anything heavy before a test asks for it; pytest loads the plugin in every run of the environment.
"""
